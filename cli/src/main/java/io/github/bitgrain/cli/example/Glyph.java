package io.github.bitgrain.cli.example;

import java.util.ArrayList;
import java.util.List;

/**
 * The sixteen figures of the embedded example, each a few strokes in the unit square (x to the right, y down). The order
 * is the order of the class labels: it is part of the trained model and must not change.
 */
enum Glyph {
    CIRCLE(arc(0.5, 0.5, 0.40, 0.40, 0, 360)),
    OVAL(arc(0.5, 0.5, 0.24, 0.42, 0, 360)),
    SQUARE(line(0.14, 0.14, 0.86, 0.14, 0.86, 0.86, 0.14, 0.86, 0.14, 0.14)),
    TRIANGLE(line(0.5, 0.1, 0.9, 0.85, 0.1, 0.85, 0.5, 0.1)),
    PLUS(line(0.5, 0.1, 0.5, 0.9), line(0.1, 0.5, 0.9, 0.5)),
    CROSS(line(0.16, 0.16, 0.84, 0.84), line(0.84, 0.16, 0.16, 0.84)),
    ARROW(line(0.5, 0.92, 0.5, 0.1), line(0.2, 0.42, 0.5, 0.1, 0.8, 0.42)),
    FORK(line(0.5, 0.92, 0.5, 0.5), line(0.16, 0.1, 0.5, 0.5, 0.84, 0.1)),
    ZIGZAG(line(0.08, 0.72, 0.29, 0.28, 0.5, 0.72, 0.71, 0.28, 0.92, 0.72)),
    WAVE(arc(0.29, 0.5, 0.21, 0.28, 180, 360), arc(0.71, 0.5, 0.21, 0.28, 180, 0)),
    SPIRAL(spiral(0.5, 0.5, 0.06, 0.42, 660)),
    STAR(star(0.5, 0.52, 0.44, 0.19)),
    HEART(arc(0.3, 0.32, 0.2, 0.2, 150, 360), arc(0.7, 0.32, 0.2, 0.2, 180, 390), line(0.127, 0.42, 0.5, 0.9, 0.873, 0.42)),
    HOUSE(line(0.2, 0.9, 0.2, 0.45, 0.5, 0.1, 0.8, 0.45, 0.8, 0.9, 0.2, 0.9)),
    HOURGLASS(line(0.18, 0.12, 0.82, 0.12, 0.18, 0.88, 0.82, 0.88, 0.18, 0.12)),
    LADDER(line(0.26, 0.08, 0.26, 0.92), line(0.74, 0.08, 0.74, 0.92), line(0.26, 0.32, 0.74, 0.32), line(0.26, 0.68, 0.74, 0.68));

    private static final int DEGREES_PER_SEGMENT = 18;

    /** The strokes; each is a polyline x0, y0, x1, y1, … */
    private final List<double[]> strokes;

    Glyph(double[]... strokes) {
        this.strokes = List.of(strokes);
    }

    List<double[]> strokes() {
        return strokes;
    }

    private static double[] line(double... points) {
        return points;
    }

    private static double[] arc(double cx, double cy, double rx, double ry, int fromDegrees, int toDegrees) {
        int segments = Math.max(2, Math.abs(toDegrees - fromDegrees) / DEGREES_PER_SEGMENT);
        double[] points = new double[2 * (segments + 1)];
        for (int i = 0; i <= segments; i++) {
            double angle = StrictMath.toRadians(fromDegrees + (double) (toDegrees - fromDegrees) * i / segments);
            points[2 * i] = cx + rx * StrictMath.cos(angle);
            points[2 * i + 1] = cy + ry * StrictMath.sin(angle);
        }
        return points;
    }

    private static double[] spiral(double cx, double cy, double fromRadius, double toRadius, int degrees) {
        int segments = degrees / DEGREES_PER_SEGMENT;
        double[] points = new double[2 * (segments + 1)];
        for (int i = 0; i <= segments; i++) {
            double radius = fromRadius + (toRadius - fromRadius) * i / segments;
            double angle = StrictMath.toRadians((double) degrees * i / segments);
            points[2 * i] = cx + radius * StrictMath.cos(angle);
            points[2 * i + 1] = cy + radius * StrictMath.sin(angle);
        }
        return points;
    }

    private static double[] star(double cx, double cy, double outer, double inner) {
        List<Double> points = new ArrayList<>();
        for (int i = 0; i <= 10; i++) {
            double radius = i % 2 == 0 ? outer : inner;
            double angle = StrictMath.toRadians(-90 + 36.0 * i);
            points.add(cx + radius * StrictMath.cos(angle));
            points.add(cy + radius * StrictMath.sin(angle));
        }
        return points.stream().mapToDouble(Double::doubleValue).toArray();
    }
}
