package io.github.bitgrain.cli.metric.detection;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * An upright rectangle around a thing, in pixels of the network's input.
 *
 * @param classId number of the class
 * @param score confidence; 1 for a labelled box
 */
public record Box(double x0, double y0, double x1, double y1, int classId, double score) {
    /** A box given by its centre. */
    static Box centred(double x, double y, double width, double height, int classId, double score) {
        return new Box(x - width / 2, y - height / 2, x + width / 2, y + height / 2, classId, score);
    }

    /** Area of the common part ÷ area of both together; 0 where both are empty. */
    public double overlap(Box other) {
        double width = Math.min(x1, other.x1) - Math.max(x0, other.x0);
        double height = Math.min(y1, other.y1) - Math.max(y0, other.y0);
        double common = Math.max(0, width) * Math.max(0, height);
        double all = area() + other.area() - common;
        return all > 0 ? common / all : 0;
    }

    private double area() {
        return Math.max(0, x1 - x0) * Math.max(0, y1 - y0);
    }

    /** The boxes by falling score, without those that overlap a better one of their class by {@code limit} or more. */
    static List<Box> suppressed(List<Box> boxes, double limit) {
        Map<Integer, List<Box>> kept = new HashMap<>();
        List<Box> result = new ArrayList<>();
        for (Box box : byScore(boxes)) {
            List<Box> same = kept.computeIfAbsent(box.classId, id -> new ArrayList<>());
            if (same.stream().noneMatch(better -> better.overlap(box) >= limit)) {
                same.add(box);
                result.add(box);
            }
        }
        return result;
    }

    /** The boxes by falling score, equal ones in their order. */
    static List<Box> byScore(List<Box> boxes) {
        return boxes.stream().sorted(Comparator.comparingDouble(Box::score).reversed()).toList();
    }
}
