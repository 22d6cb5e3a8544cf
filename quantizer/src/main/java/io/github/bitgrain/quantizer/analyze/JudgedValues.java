package io.github.bitgrain.quantizer.analyze;

import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.op.LogSoftmax;
import io.github.bitgrain.core.op.Sigmoid;
import io.github.bitgrain.core.op.Softmax;
import java.util.ArrayList;
import java.util.List;

/** The values of a network whose error decides. */
public final class JudgedValues {
    private JudgedValues() {}

    /**
     * The results, and in place of a probability what it is made of: a softmax hides most of the error of confident samples.
     */
    public static List<String> of(Graph graph) {
        List<String> judged = new ArrayList<>();
        for (String output : graph.outputs()) {
            Node maker = graph.producer(output);
            boolean probability = maker != null && (maker.op() instanceof Softmax || maker.op() instanceof LogSoftmax || maker.op() instanceof Sigmoid);
            judged.add(probability ? maker.input(0) : output);
        }
        return judged.stream().distinct().toList();
    }
}
