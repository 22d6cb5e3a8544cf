package io.github.bitgrain.benchmarks;

import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.op.Add;
import io.github.bitgrain.core.op.Clip;
import io.github.bitgrain.core.op.Concat;
import io.github.bitgrain.core.op.Flatten;
import io.github.bitgrain.core.op.Gemm;
import io.github.bitgrain.core.op.GlobalAveragePool;
import io.github.bitgrain.core.op.MatMul;
import io.github.bitgrain.core.op.MaxPool;
import io.github.bitgrain.core.op.Mul;
import io.github.bitgrain.core.op.Pads;
import io.github.bitgrain.core.op.Reshape;
import io.github.bitgrain.core.op.Resize;
import io.github.bitgrain.core.op.Size;
import io.github.bitgrain.core.op.Softmax;
import io.github.bitgrain.core.op.Split;
import io.github.bitgrain.core.op.Swish;
import io.github.bitgrain.core.op.Transpose;
import java.util.ArrayList;
import java.util.List;

/**
 * The networks that whole-network benchmarks run: published topologies with seeded random weights, normalization folded into
 * the convolutions as in every deployed model.
 */
public final class BenchmarkNetworks {
    private static final long SEED = 2026;
    /** Expansion, output channels, repetitions, stride (Sandler et al. 2018, table 2). */
    private static final int[][] MOBILE_BLOCKS = {
        {1, 16, 1, 1}, {6, 24, 2, 2}, {6, 32, 3, 2}, {6, 64, 4, 2}, {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}};

    private BenchmarkNetworks() {}

    /**
     * MobileNetV2: image [1, 3, size, size] to 1000 scores.
     *
     * @param width multiplier of the channels
     */
    public static Model mobileNetV2(int size, double width) {
        NetworkBuilder net = new NetworkBuilder("mobilenetv2", SEED);
        int channels = channels(32, width);
        String x = relu6(net, net.conv(net.input("image", 1, 3, size, size), 3, channels, 3, 2, 1));
        for (int[] block : MOBILE_BLOCKS) {
            int out = channels(block[1], width);
            for (int i = 0; i < block[2]; i++) {
                int stride = i == 0 ? block[3] : 1;
                int hidden = channels * block[0];
                String y = block[0] == 1 ? x : relu6(net, net.conv(x, channels, hidden, 1, 1, 1));
                y = relu6(net, net.conv(y, hidden, hidden, 3, stride, hidden));
                y = net.conv(y, hidden, out, 1, 1, 1);
                x = stride == 1 && channels == out ? net.node(new Add(), x, y) : y;
                channels = out;
            }
        }
        int last = Math.max(1280, channels(1280, width));
        x = relu6(net, net.conv(x, channels, last, 1, 1, 1));
        x = net.node(new Flatten(1), net.node(new GlobalAveragePool(), x));
        net.weights("classifier_weight", Math.sqrt(1.0 / last), 1000, last);
        net.weights("classifier_bias", 0.1, 1000);
        return net.build(net.node(new Gemm(1f, 1f, false, true), x, "classifier_weight", "classifier_bias"));
    }

    private static String relu6(NetworkBuilder net, String x) {
        return net.node(new Clip(0f, 6f), x);
    }

    /** Scaled channels, a multiple of 8 and not below nine tenths of the exact number. */
    private static int channels(int full, double width) {
        double exact = full * width;
        int rounded = Math.max(8, (int) (exact + 4) / 8 * 8);
        return rounded < 0.9 * exact ? rounded + 8 : rounded;
    }

    /**
     * A detector with the topology of YOLO26n (Ultralytics): image [1, 3, size, size] to box and class maps at strides 8, 16
     * and 32, without the selection of boxes.
     */
    public static Model yolo26n(int size) {
        return new Yolo(size).build();
    }

    /** The blocks of the detector, named as in its published configuration. */
    private static final class Yolo {
        private static final int CLASSES = 80;
        private final NetworkBuilder net = new NetworkBuilder("yolo26n", SEED);
        private final int size;

        Yolo(int size) {
            this.size = size;
        }

        Model build() {
            String x = net.input("image", 1, 3, size, size);
            x = conv(conv(x, 3, 16, 3, 2, 1), 16, 32, 3, 2, 1);
            x = c3k2(x, 32, 64, 16, false);
            String p3 = c3k2(conv(x, 64, 64, 3, 2, 1), 64, 128, 32, false);
            String p4 = c3k2(conv(p3, 128, 128, 3, 2, 1), 128, 128, 64, true);
            x = c3k2(conv(p4, 128, 256, 3, 2, 1), 256, 256, 128, true);
            String p5 = c2psa(sppf(x, 256), 256, size / 32);
            String n4 = c3k2(net.node(new Concat(1), upsample(p5), p4), 384, 128, 64, false);
            String n3 = c3k2(net.node(new Concat(1), upsample(n4), p3), 256, 64, 32, false);
            String m4 = c3k2(net.node(new Concat(1), conv(n3, 64, 64, 3, 2, 1), n4), 192, 128, 64, false);
            String m5 = c3k2(net.node(new Concat(1), conv(m4, 128, 128, 3, 2, 1), p5), 384, 256, 128, true);
            return net.build(detect(n3, 64), detect(m4, 128), detect(m5, 256));
        }

        private String conv(String x, int in, int out, int kernel, int stride, int groups) {
            return net.node(new Swish(), net.conv(x, in, out, kernel, stride, groups));
        }

        private String bottleneck(String x, int channels, int hidden) {
            return net.node(new Add(), x, conv(conv(x, channels, hidden, 3, 1, 1), hidden, channels, 3, 1, 1));
        }

        private String c3k2(String x, int in, int out, int inner, boolean c3k) {
            String[] halves = net.halves(1, inner, conv(x, in, 2 * inner, 1, 1, 1));
            String last = c3k ? c3k(halves[1], inner) : bottleneck(halves[1], inner, inner / 2);
            return conv(net.node(new Concat(1), halves[0], halves[1], last), 3 * inner, out, 1, 1, 1);
        }

        private String c3k(String x, int channels) {
            int half = channels / 2;
            String a = conv(x, channels, half, 1, 1, 1);
            String b = conv(x, channels, half, 1, 1, 1);
            a = bottleneck(bottleneck(a, half, half), half, half);
            return conv(net.node(new Concat(1), a, b), channels, channels, 1, 1, 1);
        }

        private String sppf(String x, int channels) {
            List<String> parts = new ArrayList<>(List.of(conv(x, channels, channels / 2, 1, 1, 1)));
            for (int i = 0; i < 3; i++) {
                parts.add(net.node(new MaxPool(Size.square(5), Size.ONE, Pads.all(2), Size.ONE, false), parts.getLast()));
            }
            return conv(net.node(new Concat(1), parts.toArray(String[]::new)), 2 * channels, channels, 1, 1, 1);
        }

        private String c2psa(String x, int channels, int side) {
            int half = channels / 2;
            String[] halves = net.halves(1, half, conv(x, channels, channels, 1, 1, 1));
            String b = net.node(new Add(), halves[1], attention(halves[1], half, side));
            String wide = conv(b, half, 2 * half, 1, 1, 1);
            b = net.node(new Add(), b, net.conv(wide, 2 * half, half, 1, 1, 1));
            return conv(net.node(new Concat(1), halves[0], b), channels, channels, 1, 1, 1);
        }

        /** Attention of all positions with heads of 64 values and keys of 32, and a depthwise convolution of the values. */
        private String attention(String x, int channels, int side) {
            long heads = channels / 64;
            long positions = (long) side * side;
            String qkv = net.conv(x, channels, 2 * channels, 1, 1, 1);
            String flat = net.node(new Reshape(List.of(0L, heads, 128L, positions), false), qkv);
            String[] parts = net.split(new Split(2, List.of(32, 32, 64)), flat);
            String scores = net.node(new MatMul(), net.node(new Transpose(List.of(0, 1, 3, 2)), parts[0]), parts[1]);
            scores = net.node(new Softmax(-1), net.node(new Mul(), scores, net.scalar("attention_scale", (float) Math.sqrt(1.0 / 32))));
            String mixed = net.node(new MatMul(), parts[2], net.node(new Transpose(List.of(0, 1, 3, 2)), scores));
            Reshape toMap = new Reshape(List.of(0L, (long) channels, (long) side, (long) side), false);
            String position = net.conv(net.node(toMap, parts[2]), channels, channels, 3, 1, channels);
            return net.conv(net.node(new Add(), net.node(toMap, mixed), position), channels, channels, 1, 1, 1);
        }

        private String upsample(String x) {
            return net.node(new Resize(Resize.Mode.NEAREST, Resize.Coordinates.ASYMMETRIC, Resize.Nearest.FLOOR, -0.75f,
                    List.of(1f, 1f, 2f, 2f), List.of()), x);
        }

        private String detect(String x, int channels) {
            String box = conv(conv(x, channels, 16, 3, 1, 1), 16, 16, 3, 1, 1);
            box = net.conv(box, 16, 4, 1, 1, 1);
            String classes = conv(conv(x, channels, channels, 3, 1, channels), channels, CLASSES, 1, 1, 1);
            classes = conv(conv(classes, CLASSES, CLASSES, 3, 1, CLASSES), CLASSES, CLASSES, 1, 1, 1);
            classes = net.conv(classes, CLASSES, CLASSES, 1, 1, 1);
            return net.node(new Concat(1), box, classes);
        }
    }
}
