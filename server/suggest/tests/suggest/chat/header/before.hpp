#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <stdexcept>

namespace buffers {

/// A queue of fixed size.
template <typename T, std::size_t N>
class Ring {
public:
    Ring() = default;

    /// The number of elements.
    std::size_t size() const { return size_; }

    bool empty() const { return size_ == 0; }

    bool full() const { return size_ == N; }

    /// Appends an element; throws if there is no room.
    void push(T value) {
        if (full()) {
            throw std::length_error("the ring is full");
        }
        elements_[(first_ + size_) % N] = std::move(value);
        ++size_;
    }

    /// Takes the first element.
    std::optional<T> pop() {
        if (empty()) {
            return std::nullopt;
        }
        T value = std::move(elements_[first_]);
        first_ = (first_ + 1) % N;
        --size_;
        return value;
    }

    const T& operator[](std::size_t index) const {
        return elements_[(first_ + index) % N];
    }

private:
    std::array<T, N> elements_{};
    std::size_t first_ = 0;
    std::size_t size_ = 0;
};

/// Sums up what a ring holds.
template <typename T, std::size_t N>
T sum(const Ring<T, N>& ring) {
    T total{};
    for (std::size_t i = 0; i < ring.size(); ++i) {
        total += ring[i];
    }
    return total;
}

}  // namespace buffers
