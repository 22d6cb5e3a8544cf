package io.github.bitgrain.cli.example;

import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * The data set of the embedded example: grey pictures of hand-drawn-looking figures, made by the project itself. A picture
 * is a pure function of (split, index): a figure under a random affine map and a smooth bend, drawn with a random pen and
 * contrast over a shaded background, then crossed by stray strokes, partly rubbed out and covered with noise. Splits never
 * share a picture. Only {@link StrictMath} is used, so every machine draws the same bytes.
 */
public final class StrokeImages {
    /** Width and height in pixels. */
    public static final int SIZE = 32;
    /** Number of classes. */
    public static final int CLASSES = Glyph.values().length;

    private static final long SEED = 0x6269746772616955L;
    private static final int BEND_WAVES = 2;

    /** Which part of the data a picture belongs to. */
    public enum Split {
        /** Pictures that the float network was trained on. */
        TRAIN,
        /** Pictures for calibration and threshold training. */
        CALIBRATION,
        /** Pictures that only measure. */
        EVALUATION
    }

    private StrokeImages() {}

    /** The label of a picture; classes are equally frequent. */
    public static int label(Split split, int index) {
        return index % CLASSES;
    }

    /** Draws a picture into {@code pixels[offset .. offset + SIZE * SIZE)}, row by row, values 0 to 255 in steps of 1. */
    public static void draw(Split split, int index, byte[] pixels, int offset) {
        SplittableRandom random = new SplittableRandom(SEED + split.ordinal() * 0x9E3779B97F4A7C15L + index * 0xD1B54A32D192ED03L);
        float[] ink = new float[SIZE * SIZE];
        Warp warp = new Warp(random);
        double pen = 0.7 + 0.9 * random.nextDouble();
        for (double[] stroke : Glyph.values()[label(split, index)].strokes()) {
            drawStroke(ink, warp.apply(refine(stroke)), pen, 1);
        }
        rubOut(ink, random);
        int strays = random.nextInt(4);
        for (int i = 0; i < strays; i++) {
            drawStroke(ink, strayStroke(random), 0.5 + 0.6 * random.nextDouble(), 0.35 + 0.5 * random.nextDouble());
        }
        develop(ink, random, pixels, offset);
    }

    /** Splits long segments so that the bend shows on straight lines too. */
    private static double[] refine(double[] stroke) {
        int pieces = stroke.length > 16 ? 1 : 4;
        int segments = stroke.length / 2 - 1;
        double[] points = new double[2 * (segments * pieces + 1)];
        for (int s = 0; s < segments; s++) {
            for (int p = 0; p <= pieces; p++) {
                double t = (double) p / pieces;
                int at = 2 * (s * pieces + p);
                points[at] = stroke[2 * s] * (1 - t) + stroke[2 * s + 2] * t;
                points[at + 1] = stroke[2 * s + 1] * (1 - t) + stroke[2 * s + 3] * t;
            }
        }
        return points;
    }

    /** Ink is the largest coverage of any segment: one minus the distance beyond the pen's radius, in pixels. */
    private static void drawStroke(float[] ink, double[] points, double pen, double strength) {
        for (int s = 0; s + 3 < points.length; s += 2) {
            double x0 = points[s];
            double y0 = points[s + 1];
            double dx = points[s + 2] - x0;
            double dy = points[s + 3] - y0;
            double length2 = Math.max(dx * dx + dy * dy, 1e-12);
            int left = clampToPicture(Math.min(x0, x0 + dx) - pen - 1);
            int right = clampToPicture(Math.max(x0, x0 + dx) + pen + 2);
            int top = clampToPicture(Math.min(y0, y0 + dy) - pen - 1);
            int bottom = clampToPicture(Math.max(y0, y0 + dy) + pen + 2);
            for (int y = top; y <= bottom; y++) {
                for (int x = left; x <= right; x++) {
                    double t = Math.clamp(((x - x0) * dx + (y - y0) * dy) / length2, 0.0, 1.0);
                    double ex = x - x0 - t * dx;
                    double ey = y - y0 - t * dy;
                    double cover = Math.clamp(pen + 0.5 - StrictMath.sqrt(ex * ex + ey * ey), 0.0, 1.0) * strength;
                    ink[y * SIZE + x] = Math.max(ink[y * SIZE + x], (float) cover);
                }
            }
        }
    }

    private static int clampToPicture(double coordinate) {
        return (int) Math.clamp(coordinate, 0.0, SIZE - 1.0);
    }

    private static double[] strayStroke(SplittableRandom random) {
        double x = SIZE * random.nextDouble();
        double y = SIZE * random.nextDouble();
        double angle = 2 * StrictMath.PI * random.nextDouble();
        double[] points = new double[8];
        for (int i = 0; i < 4; i++) {
            points[2 * i] = x;
            points[2 * i + 1] = y;
            x += 4.0 * StrictMath.cos(angle);
            y += 4.0 * StrictMath.sin(angle);
            angle += random.nextDouble() - 0.5;
        }
        return points;
    }

    /** A round patch where the pen did not take. */
    private static void rubOut(float[] ink, SplittableRandom random) {
        double cx = SIZE * random.nextDouble();
        double cy = SIZE * random.nextDouble();
        double radius = 2 + 4.5 * random.nextDouble();
        for (int y = 0; y < SIZE; y++) {
            for (int x = 0; x < SIZE; x++) {
                double distance = StrictMath.sqrt((x - cx) * (x - cx) + (y - cy) * (y - cy));
                ink[y * SIZE + x] *= (float) Math.clamp(distance - radius + 0.5, 0.0, 1.0);
            }
        }
    }

    private static void develop(float[] ink, SplittableRandom random, byte[] pixels, int offset) {
        double paper = 30 + 90 * random.nextDouble();
        double contrast = 45 + 110 * random.nextDouble();
        double slopeX = 2.4 * (random.nextDouble() - 0.5);
        double slopeY = 2.4 * (random.nextDouble() - 0.5);
        double noise = 6 + 22 * random.nextDouble();
        for (int y = 0; y < SIZE; y++) {
            for (int x = 0; x < SIZE; x++) {
                double shade = paper + slopeX * (x - SIZE / 2) + slopeY * (y - SIZE / 2);
                double grain = noise * (random.nextDouble() + random.nextDouble() + random.nextDouble() - 1.5);
                double value = shade + contrast * ink[y * SIZE + x] + grain;
                pixels[offset + y * SIZE + x] = (byte) (int) Math.clamp(value, 0.0, 255.0);
            }
        }
    }

    /** Unit square → pixels: rotation, anisotropic scale, shear and shift, then a smooth bend of a few sine waves. */
    private static final class Warp {
        private final double[] map = new double[6];
        private final double[] waves = new double[BEND_WAVES * 4];

        Warp(SplittableRandom random) {
            double angle = StrictMath.toRadians(44 * (random.nextDouble() - 0.5));
            double width = SIZE * (0.5 + 0.32 * random.nextDouble());
            double height = SIZE * (0.5 + 0.32 * random.nextDouble());
            double shear = 0.5 * (random.nextDouble() - 0.5);
            double cos = StrictMath.cos(angle);
            double sin = StrictMath.sin(angle);
            map[0] = cos * width;
            map[1] = (cos * shear - sin) * height;
            map[2] = sin * width;
            map[3] = (sin * shear + cos) * height;
            map[4] = (SIZE - 1) / 2.0 + 6 * (random.nextDouble() - 0.5);
            map[5] = (SIZE - 1) / 2.0 + 6 * (random.nextDouble() - 0.5);
            for (int w = 0; w < BEND_WAVES; w++) {
                waves[4 * w] = 1.6 * (random.nextDouble() - 0.5);
                waves[4 * w + 1] = 2 * StrictMath.PI * random.nextDouble();
                waves[4 * w + 2] = 1.6 * (random.nextDouble() - 0.5);
                waves[4 * w + 3] = 2 * StrictMath.PI * random.nextDouble();
            }
        }

        double[] apply(double[] points) {
            double[] moved = new double[points.length];
            for (int i = 0; i < points.length; i += 2) {
                double u = points[i] - 0.5;
                double v = points[i + 1] - 0.5;
                double x = map[0] * u + map[1] * v + map[4];
                double y = map[2] * u + map[3] * v + map[5];
                double bendX = 0;
                double bendY = 0;
                for (int w = 0; w < BEND_WAVES; w++) {
                    double frequency = 2 * StrictMath.PI * (w + 1) / SIZE;
                    bendX += waves[4 * w] * StrictMath.sin(frequency * y + waves[4 * w + 1]);
                    bendY += waves[4 * w + 2] * StrictMath.sin(frequency * x + waves[4 * w + 3]);
                }
                moved[i] = x + bendX;
                moved[i + 1] = y + bendY;
            }
            return moved;
        }
    }

    /** The names of the classes, in label order. */
    public static List<String> classNames() {
        return List.of(Glyph.values()).stream().map(g -> g.name().toLowerCase(Locale.ROOT)).toList();
    }
}
