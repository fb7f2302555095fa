package org.example.shop;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The items that a customer means to buy.
 */
public class Cart {

    private static final Logger LOG = LoggerFactory.getLogger(Cart.class);
    private static final int MAX_ITEMS = 100;

    private final List<Item> items = new ArrayList<>();
    private final Customer customer;
    private Coupon coupon;

    public Cart(Customer customer) {
        this.customer = customer;
    }

    /**
     * Adds an item.
     *
     * @param item what to add
     */
    public void add(Item item) {
        add(item, 1);
    }

    /**
     * Adds several of an item.
     */
    public void add(Item item, int count) {
        if (items.size() + count > MAX_ITEMS) {
            throw new IllegalStateException("too many items");
        }
        for (int i = 0; i < count; i++) {
            items.add(item);
        }
        LOG.debug("added {} of {}", count, item);
    }

    public void remove(Item item) {
        items.remove(item);
    }

    public BigDecimal total() {
        BigDecimal total = BigDecimal.ZERO;
        for (Item item : items) {
            total = total.add(item.price());
        }
        if (coupon != null) {
            total = coupon.apply(total);
        }
        return total;
    }

    public Optional<Coupon> coupon() {
        return Optional.ofNullable(coupon);
    }

    @Deprecated
    public List<Item> getItems() {
        return items;
    }

    @Override
    public String toString() {
        return "Cart of " + customer + " with " + items.size() + " items";
    }

    /** A price reduction. */
    public interface Coupon {
        BigDecimal apply(BigDecimal total);
    }
}
