package io.github.bitgrain.quantizer.qat;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.Add;
import io.github.bitgrain.core.op.CrossEntropy;
import io.github.bitgrain.core.op.MeanSquaredError;
import io.github.bitgrain.core.op.Mul;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What training minimizes: a weighted sum of a loss against the targets and one against a teacher's outputs.
 *
 * @param kind how outputs and targets are compared
 * @param smoothing share of the probability that all classes get (Szegedy et al. 2016): (1 − ε) · [class] + ε / classes
 * @param classWeights weight of each class, or null; the mean is weighted
 * @param ignoreIndex class number of samples that do not count
 * @param teacher network whose outputs are the targets, or null
 * @param alpha share of the teacher's loss, the rest is the targets'
 * @param temperature divides both networks' logits in the teacher's loss, which is multiplied by its square (Hinton et al. 2015)
 */
public record Loss(Kind kind, double smoothing, float[] classWeights, int ignoreIndex, Model teacher, double alpha, double temperature) {
    /** The usual number of a class that is no class. */
    public static final int IGNORE = -100;

    private static final String TARGET = "#target";
    private static final String TEACHER = "#teacher";
    private static final String LOSS = "#loss";

    /** How outputs and targets are compared. */
    public enum Kind {
        /** Outputs are logits; the mean of −Σ p ln softmax(logits). */
        CROSS_ENTROPY,
        /** Mean of squared differences. */
        MEAN_SQUARED_ERROR,
        /** Outputs are logits of single events; the mean of −t ln σ(x) − (1 − t) ln(1 − σ(x)). */
        BINARY_CROSS_ENTROPY,
        /**
         * Mean over channels of 1 − (2 Σ p t + 1) / (Σ (p + t) + 1 + 1e-5), sums over batch and positions, p the softmax over the channels,
         * or the sigmoid where there is one channel (SuperGradients: losses/dice_loss.py; Milletari et al. 2016).
         */
        DICE
    }

    /** Checks the numbers. */
    public Loss {
        if (!(smoothing >= 0 && smoothing < 1) || !(alpha >= 0 && alpha <= 1) || !(temperature > 0)) {
            throw BitgrainException.usage("loss: smoothing " + smoothing + ", alpha " + alpha + " and temperature " + temperature + " do not work");
        }
        boolean hasTeacher = kind == Kind.CROSS_ENTROPY || kind == Kind.MEAN_SQUARED_ERROR;
        if (alpha > 0 && !hasTeacher) {
            throw BitgrainException.usage("loss: " + kind + " has no teacher; cross entropy and mean squared error have");
        }
        classWeights = classWeights == null ? null : classWeights.clone();
    }

    /** Cross entropy with label smoothing. */
    public static Loss crossEntropy(double smoothing) {
        return new Loss(Kind.CROSS_ENTROPY, smoothing, null, IGNORE, null, 0, 1);
    }

    /** Mean squared error. */
    public static Loss meanSquaredError() {
        return new Loss(Kind.MEAN_SQUARED_ERROR, 0, null, IGNORE, null, 0, 1);
    }

    /** Binary cross entropy of logits; targets are probabilities of the outputs' shape, or class numbers. */
    public static Loss binaryCrossEntropy() {
        return new Loss(Kind.BINARY_CROSS_ENTROPY, 0, null, IGNORE, null, 0, 1);
    }

    /** Dice loss; targets have the outputs' shape, or are class numbers of the samples or positions. */
    public static Loss dice() {
        return new Loss(Kind.DICE, 0, null, IGNORE, null, 0, 1);
    }

    /** Cross entropy with a share for a teacher's probabilities. */
    public static Loss distillation(Model teacher, double alpha, double temperature) {
        return new Loss(Kind.CROSS_ENTROPY, 0, null, IGNORE, teacher, alpha, temperature);
    }

    /** Mean squared error against a teacher's outputs; labels are not needed. */
    public static Loss imitation(Model teacher) {
        return new Loss(Kind.MEAN_SQUARED_ERROR, 0, null, IGNORE, teacher, 1, 1);
    }

    /** Whether training data must have targets. */
    public boolean needsTargets() {
        return alpha < 1;
    }

    /** Name of the loss in the graph of {@link #append}. */
    static String name() {
        return LOSS;
    }

    /** The network with the loss of its first output as its result. */
    Model append(Model network, Shape outputShape) {
        Graph.Builder graph = network.graph().edit();
        Parameters parameters = network.parameters().shallowCopy();
        String output = network.graph().outputs().getFirst();
        String sum = null;
        if (needsTargets()) {
            graph.input(TARGET, outputShape);
            compare(graph, parameters, output, outputShape, alpha == 0 ? LOSS : LOSS + "0");
            sum = alpha == 0 ? LOSS : scaled(graph, parameters, LOSS + "0", 1 - alpha, null);
        }
        if (alpha > 0) {
            graph.input(TEACHER, outputShape);
            String logits = temperature == 1 ? output : scaled(graph, parameters, output, 1 / temperature, null);
            graph.node("#loss of teacher", op(), List.of(logits, TEACHER), LOSS + "1");
            String other = scaled(graph, parameters, LOSS + "1", alpha * temperature * temperature, sum == null ? LOSS : null);
            if (sum != null) {
                graph.node(new Node("#sum", new Add(), List.of(sum, other), List.of(LOSS)));
            }
        }
        return new Model(graph.outputs(List.of(LOSS)).build(), parameters);
    }

    private void compare(Graph.Builder graph, Parameters parameters, String output, Shape shape, String result) {
        switch (kind) {
            case BINARY_CROSS_ENTROPY -> ComposedLosses.binaryCrossEntropy(graph, parameters, output, TARGET, result);
            case DICE -> ComposedLosses.dice(graph, parameters, output, shape, TARGET, result);
            case CROSS_ENTROPY, MEAN_SQUARED_ERROR -> graph.node("#loss of targets", op(), List.of(output, TARGET), result);
        }
    }

    private io.github.bitgrain.core.op.Op op() {
        return kind == Kind.CROSS_ENTROPY ? new CrossEntropy() : new MeanSquaredError();
    }

    private static String scaled(Graph.Builder graph, Parameters parameters, String value, double factor, String result) {
        String name = result != null ? result : value + " scaled";
        parameters.put(name + "#factor", Tensor.scalar((float) factor));
        graph.node(name + " node", new Mul(), List.of(value, name + "#factor"), name);
        return name;
    }

    /** What the graph of {@link #append} needs besides the network's inputs. */
    Map<String, Tensor> targets(TrainingData.Batch batch, Shape outputShape, Executor teaching) {
        Map<String, Tensor> targets = new LinkedHashMap<>();
        Shape shape = outputShape.without(0).prepend(batch.size());
        if (needsTargets()) {
            if (batch.targets() == null) {
                throw BitgrainException.usage("the loss needs labels; give them, or distill from a teacher alone");
            }
            Tensor given = batch.targets();
            boolean numbers = kind == Kind.CROSS_ENTROPY ? given.shape().rank() == 1
                    : kind != Kind.MEAN_SQUARED_ERROR && given.size() * shape.dim(1) == shape.size() && shape.dim(1) > 1;
            targets.put(TARGET, !numbers ? given.reshape(shape) : kind == Kind.CROSS_ENTROPY ? probabilities(given.data(), shape)
                    : ComposedLosses.oneHot(given.data(), shape));
        }
        if (alpha > 0) {
            Tensor answers = teaching.run(batch.inputs()).values().iterator().next();
            targets.put(TEACHER, kind == Kind.CROSS_ENTROPY ? softmax(answers.reshape(shape)) : answers.reshape(shape));
        }
        return targets;
    }

    /** Rows of probabilities, weighed so that their mean is the weighted mean over the samples that count. */
    Tensor probabilities(float[] classes, Shape shape) {
        int count = shape.dim(1);
        double total = 0;
        for (float each : classes) {
            total += weight((int) each);
        }
        Tensor rows = Tensor.zeros(shape);
        for (int n = 0; n < classes.length; n++) {
            int label = (int) classes[n];
            if (label != ignoreIndex && (label < 0 || label >= count)) {
                throw BitgrainException.badInput("sample has class " + label + "; the network has " + count);
            }
            double weight = total == 0 ? 0 : weight(label) * classes.length / total;
            for (int c = 0; c < count; c++) {
                rows.data()[n * count + c] = (float) (weight * (smoothing / count + (c == label ? 1 - smoothing : 0)));
            }
        }
        return rows;
    }

    private double weight(int label) {
        return label == ignoreIndex ? 0 : classWeights == null ? 1 : classWeights[label];
    }

    private Tensor softmax(Tensor logits) {
        int count = logits.shape().dim(1);
        Tensor rows = Tensor.zeros(logits.shape());
        for (int row = 0; row < logits.size(); row += count) {
            double largest = Double.NEGATIVE_INFINITY;
            for (int c = row; c < row + count; c++) {
                largest = Math.max(largest, logits.data()[c] / temperature);
            }
            double sum = 0;
            for (int c = row; c < row + count; c++) {
                sum += StrictMath.exp(logits.data()[c] / temperature - largest);
            }
            for (int c = row; c < row + count; c++) {
                rows.data()[c] = (float) (StrictMath.exp(logits.data()[c] / temperature - largest) / sum);
            }
        }
        return rows;
    }
}
