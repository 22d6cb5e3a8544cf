package io.github.bitgrain.quantizer.tqt;

import java.util.List;

/**
 * What training did to a block.
 *
 * @param name the node that the block begins with
 * @param end the node whose results were compared
 * @param nodes all members
 * @param lossBefore mean squared error of the block's results before training, over all batches
 * @param lossTrained the same for the trained state, kept or not
 * @param accepted whether the trained state was kept
 * @param losses loss of every step's batch before its update
 */
public record BlockReport(String name, String end, List<String> nodes, double lossBefore, double lossTrained, boolean accepted, float[] losses) {
    /** Takes a copy of the list. */
    public BlockReport {
        nodes = List.copyOf(nodes);
    }

    /** This after the whole pass was taken back. */
    BlockReport takenBack() {
        return new BlockReport(name, end, nodes, lossBefore, lossTrained, false, losses);
    }

    /** The loss of the state that was kept. */
    public double lossAfter() {
        return accepted ? lossTrained : lossBefore;
    }
}
