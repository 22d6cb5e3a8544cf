package io.github.bitgrain.quantizer.qat;

import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.List;
import java.util.LinkedHashMap;
import java.util.Map;

/** Measures a network on data, in use. */
final class Validation {
    private Validation() {}

    /** Loss and watched metric, means over all samples. */
    static double[] measure(Model network, TrainingData data, TrainingParams params, Shape output, Executor teacher) {
        Model withLoss = params.loss().append(network, output);
        String result = network.graph().outputs().getFirst();
        Executor.Options options = Executor.Options.defaults().threads(params.threads()).outputs(List.of(result, Loss.name()));
        double loss = 0;
        Metric.Accumulator score = params.watched().accumulator();
        int done = 0;
        try (Executor executor = new Executor(withLoss.graph(), withLoss.parameters(), options)) {
            for (int batch = 0; done < data.samples() && (params.maxValidBatches() == 0 || batch < params.maxValidBatches()); batch++) {
                int count = Math.min(params.batchSize(), data.samples() - done);
                TrainingData.Batch samples = data.read(done, count);
                Map<String, Tensor> inputs = new LinkedHashMap<>(samples.inputs());
                Map<String, Tensor> targets = params.loss().targets(samples, output, teacher);
                inputs.putAll(targets);
                Map<String, Tensor> results = executor.run(inputs);
                double mean = results.get(Loss.name()).data()[0];
                loss += mean * count;
                Tensor wanted = samples.targets() != null ? samples.targets() : targets.values().iterator().next();
                score.add(results.get(result), wanted, mean);
                done += count;
            }
        }
        return new double[] {loss / done, score.value()};
    }
}
