package io.github.bitgrain.benchmarks.pytorch;

import io.github.bitgrain.core.autodiff.GradientExecutor;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.Add;
import io.github.bitgrain.core.op.MeanSquaredError;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.core.train.Adam;
import io.github.bitgrain.core.train.Optimizer;
import io.github.bitgrain.core.train.Schedule;
import io.github.bitgrain.kernels.Rounding;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;

/** Steps of a block here, with what the quantizer does in a step under the profile {@code parity}. */
final class OwnBlock implements AutoCloseable {
    private final TrainedBlock block;
    private final Parameters parameters;
    private final double intLambda;
    private final GradientExecutor executor;
    private final List<GradientExecutor.Batch> batches = new ArrayList<>();
    private final Adam adam;
    private int steps;

    OwnBlock(TrainedBlock block, double rate, double intLambda) {
        this.block = block;
        this.intLambda = intLambda;
        parameters = block.parameters().copy();
        List<String> trained = new ArrayList<>(block.weights());
        trained.addAll(block.alphas());
        Graph graph = withLoss(block.graph());
        int batch = block.targets().getFirst().values().iterator().next().shape().dim(0);
        executor = new GradientExecutor(graph, parameters, batch, graph.outputs().getFirst(), new LinkedHashSet<>(trained));
        for (int i = 0; i < block.inputs().size(); i++) {
            Map<String, Tensor> inputs = new LinkedHashMap<>(block.inputs().get(i));
            block.targets().get(i).forEach((name, tensor) -> inputs.put(target(name), tensor));
            batches.add(executor.prepare(inputs));
        }
        adam = new Adam(parameters, executor.gradients(), List.of(new Optimizer.Group(trained, Schedule.constant(rate))));
    }

    private static String target(String output) {
        return output + "#target";
    }

    /** The sum of the mean squared errors of the results. */
    private Graph withLoss(Graph graph) {
        Graph.Builder builder = graph.edit();
        String sum = null;
        for (String output : graph.outputs()) {
            String error = output + "#error";
            builder.input(target(output), block.targets().getFirst().get(output).shape().with(0, 1));
            builder.node(error, new MeanSquaredError(), List.of(output, target(output)), error);
            String next = sum == null ? error : error + "#sum";
            if (sum != null) {
                builder.node(next, new Add(), List.of(sum, error), next);
            }
            sum = next;
        }
        return builder.outputs(List.of(sum)).build();
    }

    /** What the first batch gives now. */
    TrainedBlock.Derivatives derivatives() {
        float loss = executor.step(batches.getFirst());
        Map<String, float[]> gradients = new LinkedHashMap<>();
        executor.gradients().forEach((name, tensor) -> gradients.put(name, tensor.data().clone()));
        return new TrainedBlock.Derivatives(loss, gradients);
    }

    /** One step, on the next batch. */
    void step() {
        executor.step(batches.get(steps % batches.size()));
        for (String name : block.alphas()) {
            float[] alpha = parameters.get(name).data();
            float[] gradient = executor.gradients().get(name).data();
            for (int i = 0; i < alpha.length; i++) {
                gradient[i] += (float) (intLambda * 2 / alpha.length) * (alpha[i] - Rounding.HALF_EVEN.round(alpha[i]));
            }
        }
        adam.update(steps++);
    }

    @Override
    public void close() {
        executor.close();
    }
}
