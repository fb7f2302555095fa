package geometry;

/** A point in the plane. */
public final class Point {
    private final double x;
    private final double y;

    public Point(double x, double y) {
        this.x = x;
        this.y = y;
    }

    public double x() {
        return x;
    }

    public double y() {
        return y;
    }

    public Point plus(Point other) {
        return new Point(x + other.x, y + other.y);
    }
}
