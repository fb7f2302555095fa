#pragma once

#include <cstddef>
#include <stdexcept>
#include <vector>

namespace linear {

/// A dense matrix, row by row.
template <typename T>
class Matrix {
public:
    Matrix(std::size_t rows, std::size_t columns, T value = T())
        : rows_(rows), columns_(columns), cells_(rows * columns, value) {}

    static Matrix identity(std::size_t size) {
        Matrix result(size, size);
        for (std::size_t i = 0; i < size; ++i) {
            result(i, i) = T(1);
        }
        return result;
    }

    std::size_t rows() const { return rows_; }
    std::size_t columns() const { return columns_; }

    T& operator()(std::size_t row, std::size_t column) {
        return cells_[row * columns_ + column];
    }

    const T& operator()(std::size_t row, std::size_t column) const {
        return cells_[row * columns_ + column];
    }

    const T& at(std::size_t row, std::size_t column) const {
        if (row >= rows_ || column >= columns_) {
            throw std::out_of_range("no such cell");
        }
        return (*this)(row, column);
    }

    Matrix transposed() const {
        Matrix result(columns_, rows_);
        for (std::size_t row = 0; row < rows_; ++row) {
            for (std::size_t column = 0; column < columns_; ++column) {
                result(column, row) = (*this)(row, column);
            }
        }
        return result;
    }

private:
    std::size_t rows_;
    std::size_t columns_;
    std::vector<T> cells_;
};

template <typename T>
Matrix<T> operator*(const Matrix<T>& left, const Matrix<T>& right) {
    if (left.columns() != right.rows()) {
        throw std::invalid_argument("the shapes do not fit");
    }
    Matrix<T> product(left.rows(), right.columns());
    for (std::size_t row = 0; row < left.rows(); ++row) {
        for (std::size_t column = 0; column < right.columns(); ++column) {
            T sum = T();
            for (std::size_t inner = 0; inner < left.columns(); ++inner) {
                sum += left(row, inner) * right(inner, column);
            }
            product(row, column) = sum;
        }
    }
    return product;
}

}  // namespace linear
