package io.github.bitgrain.cli.compare;

import io.github.bitgrain.cli.network.ChipInput;
import io.github.bitgrain.simulator.ChipNode;
import io.github.bitgrain.simulator.Simulator;
import java.util.Map;

/** Runs a program and compares every node output with a second run. */
public final class RunComparison {
    private RunComparison() {}

    /**
     * Compares sample by sample.
     *
     * @param inputs data of the program's inputs
     * @param samples number of samples
     */
    public static RunDifference.Result run(Simulator simulator, Map<String, ChipInput> inputs, int samples, SecondRun second) {
        RunDifference difference = new RunDifference(simulator.program().nodes());
        for (int i = 0; i < samples; i++) {
            int sample = i;
            Map<String, Reading> other = second.sample(sample);
            simulator.observe((node, value, buffer) -> {
                Reading reading = other.remove(value);
                if (reading != null) {
                    difference.add(node, value, sample, Reading.of(value, buffer), reading);
                }
            });
            inputs.values().forEach(input -> input.set(simulator, sample));
            simulator.run();
        }
        return difference.result(samples);
    }
}
