package io.github.bitgrain.core.evaluate;

import io.github.bitgrain.core.plan.Buffer;
import io.github.bitgrain.core.plan.Layout;
import io.github.bitgrain.core.plan.PlannedNode;
import io.github.bitgrain.core.plan.Value;
import io.github.bitgrain.kernels.FloatKernels;

/** Evaluation of losses. */
final class LossEvaluators {
    private LossEvaluators() {}

    static void crossEntropy(PlannedNode node) {
        Value logits = node.in(0);
        boolean probabilities = node.in(1).shape().rank() == 2;
        Value target = probabilities ? node.in(1, logits.layout()) : node.in(1);
        Value loss = node.out(0, Layout.DENSE);
        int samples = logits.shape().dim(0);
        int classes = logits.shape().dim(1);
        int row = logits.layout() == Layout.DENSE ? classes : logits.rowStride();
        FloatKernels kernels = node.kernels();
        Buffer logProbabilities = node.save("log", logits.buffer().size());
        node.step(1, (from, to) -> {
            kernels.softmax(true, samples, classes, logits.buffer().data(), logits.buffer().offset(), row,
                    logProbabilities.data(), logProbabilities.offset(), row);
            double sum = 0;
            for (int n = 0; n < samples; n++) {
                int at = logProbabilities.offset() + n * row;
                if (probabilities) {
                    sum -= kernels.dot(classes, logProbabilities.data(), at, target.buffer().data(), target.buffer().offset() + n * row);
                } else {
                    sum -= logProbabilities.data()[at + (int) target.buffer().data()[target.buffer().offset() + n]];
                }
            }
            loss.buffer().data()[loss.buffer().offset()] = (float) (sum / samples);
        }, logits.buffer(), target.buffer(), logProbabilities, loss.buffer());
    }

    static void meanSquaredError(PlannedNode node) {
        Value x = node.in(0);
        Value target = node.in(1, x.layout());
        Value loss = node.out(0, Layout.DENSE);
        FloatKernels kernels = node.kernels();
        int images = x.images();
        int size = x.imageSize();
        double[] partial = new double[images];
        boolean gaps = x.rowLength() != x.rowStride();
        node.step(images, (from, to) -> {
            for (int image = from; image < to; image++) {
                int xo = x.buffer().offset();
                int to0 = target.buffer().offset();
                double sum = 0;
                int step = gaps ? x.rowStride() : size;
                int n = gaps ? x.rowLength() : size;
                for (int at = image * size; at < (image + 1) * size; at += step) {
                    sum += kernels.squaredDistance(n, x.buffer().data(), xo + at, target.buffer().data(), to0 + at);
                }
                partial[image] = sum;
            }
        }, x.buffer(), target.buffer());
        node.step(1, (from, to) -> {
            double sum = 0;
            for (double image : partial) {
                sum += image;
            }
            loss.buffer().data()[loss.buffer().offset()] = (float) (sum / x.shape().size());
        }, loss.buffer());
    }
}
