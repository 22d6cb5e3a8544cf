package io.github.bitgrain.cli.metric.detection;

import io.github.bitgrain.core.BitgrainException;
import java.util.List;

/**
 * How detections are read and judged.
 *
 * @param decoder form of the outputs
 * @param strides strides of the head, or empty
 * @param leastScore boxes must score more
 * @param overlap boxes of one class that overlap a better one so much or more are dropped
 * @param labels what there is to find; null if boxes are compared with those of a reference only
 */
public record DetectionTask(Decoder decoder, List<Integer> strides, double leastScore, double overlap, BoxLabels labels) {
    /**
     * Starts to gather the detections of a network.
     *
     * @param input shape of a sample: a picture, channels first or last
     * @param outputs shapes of the outputs for one sample
     * @throws BitgrainException (usage) if they do not fit the decoder
     */
    public Detections start(List<Integer> input, List<List<Integer>> outputs) {
        if (input.size() != 3) {
            throw BitgrainException.usage("--decoder: the model's input of shape " + input + " is no picture");
        }
        boolean last = input.get(2) <= 4 && input.get(0) > 4;
        Geometry geometry = new Geometry(input.get(last ? 1 : 2), input.get(last ? 0 : 1), strides);
        return new Detections(this, geometry, outputs.stream().map(shape -> OutputView.of(shape, decoder, geometry)).toList());
    }
}
