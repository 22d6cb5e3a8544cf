package io.github.bitgrain.cli.pipeline;

import io.github.bitgrain.quantizer.QuantizationListener;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Remembers the losses of threshold training, as many as a picture can show. */
public final class TrainingCurves implements QuantizationListener {
    /** Points of a curve; a longer one is condensed to means of neighbours. */
    private static final int POINTS = 120;

    private final QuantizationListener next;
    private final Map<String, float[]> losses = new LinkedHashMap<>();

    /**
     * @param next hears everything too
     */
    TrainingCurves(QuantizationListener next) {
        this.next = next;
    }

    /**
     * Losses of one block, or of a stage that trains the whole network.
     *
     * @param name first node of the block, or the stage
     * @param steps number of training steps
     * @param losses mean losses of equal shares of the steps, in order
     */
    public record Curve(String name, int steps, List<Double> losses) {}

    @Override
    public void calibrated(int done, int all) {
        next.calibrated(done, all);
    }

    @Override
    public void begin() {
        losses.clear();
        next.begin();
    }

    @Override
    public void step(int block, int blocks, String name, int step, int steps, float loss) {
        if (step == 1) {
            // A block that is trained anew, from another beginning, replaces what it had.
            losses.remove(name);
            losses.put(name, new float[steps]);
        }
        losses.get(name)[step - 1] = loss;
        next.step(block, blocks, name, step, steps, loss);
    }

    /** The curves in the order of training. */
    List<Curve> curves() {
        List<Curve> curves = new ArrayList<>();
        losses.forEach((name, values) -> curves.add(new Curve(name, values.length, condensed(values))));
        return curves;
    }

    private static List<Double> condensed(float[] values) {
        int points = Math.min(POINTS, values.length);
        List<Double> means = new ArrayList<>();
        for (int p = 0; p < points; p++) {
            int from = (int) ((long) p * values.length / points);
            int to = (int) ((long) (p + 1) * values.length / points);
            double sum = 0;
            for (int i = from; i < to; i++) {
                sum += values[i];
            }
            means.add(sum / (to - from));
        }
        return means;
    }
}
