package io.github.bitgrain.simulator.kernel;

import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.simulator.ChipBuffer;
import io.github.bitgrain.simulator.ChipTensor;

/**
 * Resize (chip-arithmetic.md §3.11); scales are in NCHW order in the file. The chip's 16-bit kernel is empty and leaves its
 * output unwritten; here 16 bits are computed by the formula of 8 bits.
 */
final class Resizing {
    private Resizing() {}

    static ChipKernel resize(NodeSetup node) {
        String mode = node.node().text("mode", "nearest");
        boolean alignCorners = node.node().text("coordinate_transformation_mode", "half_pixel").equals("align_corners");
        if (!mode.equals("nearest") && !mode.equals("linear")) {
            throw node.fail("mode " + mode + " has no kernel; nearest and linear have");
        }
        return (inputs, outputs) -> {
            ChipBuffer x = inputs[0];
            float[] scales = scales(node, x.dim(1), x.dim(2));
            int outH = (int) (x.dim(1) * scales[0]);
            int outW = (int) (x.dim(2) * scales[1]);
            boolean copies = mode.equals("nearest") && node.outputExponent(0) == node.inputExponent(0);
            outputs[0].reshape(copies && x.hasWholes(), x.dim(0), outH, outW, x.dim(3));
            if (mode.equals("nearest") || scales[0] == 1f && scales[1] == 1f) {
                nearest(node, x, outputs[0], scales);
            } else {
                linear(node, x, outputs[0], scales, alignCorners);
            }
        };
    }

    static float[] scales(NodeSetup node, int height, int width) {
        ChipTensor scales = node.parameter(2);
        if (scales != null && scales.count() == 4) {
            return new float[] {scales.floats()[2], scales.floats()[3]};
        }
        ChipTensor sizes = node.parameter(3);
        if (sizes == null || sizes.count() != 4) {
            throw node.fail("has neither 4 scales nor 4 sizes");
        }
        return new float[] {(float) sizes.ints()[2] / height, (float) sizes.ints()[3] / width};
    }

    private static void nearest(NodeSetup node, ChipBuffer x, ChipBuffer y, float[] scales) {
        int shift = node.outputExponent(0) - node.inputExponent(0);
        float inverseH = 1f / scales[0];
        float inverseW = 1f / scales[1];
        int channels = x.dim(3);
        boolean asWholes = shift == 0 && x.hasWholes();
        float[] from = asWholes ? x.wholes() : null;
        float[] to = asWholes ? y.wholes() : null;
        int pixel = 0;
        for (int n = 0; n < y.dim(0); n++) {
            for (int oy = 0; oy < y.dim(1); oy++) {
                int iy = Math.min((int) (oy * inverseH), x.dim(1) - 1);
                for (int ox = 0; ox < y.dim(2); ox++, pixel++) {
                    int ix = Math.min((int) (ox * inverseW), x.dim(2) - 1);
                    int source = (n * x.dim(1) + iy) * x.dim(2) + ix;
                    if (asWholes) {
                        System.arraycopy(from, x.wholesOffset() + source * x.wholeStride(), to, y.wholesOffset() + pixel * y.wholeStride(), channels);
                    } else if (shift == 0) {
                        System.arraycopy(x.ints(), source * channels, y.ints(), pixel * channels, channels);
                    } else {
                        for (int c = 0; c < channels; c++) {
                            y.ints()[pixel * channels + c] = regrid(node, x.ints()[source * channels + c], shift);
                        }
                    }
                }
            }
        }
    }

    /** Plain C forgets to clamp: the value wraps to a byte. */
    private static int regrid(NodeSetup node, int q, int shift) {
        if (node.target() == Target.C && node.bits() == Byte.SIZE) {
            return (byte) ChipArithmetic.quantize(q * Math.scalb(1f, -shift), Integer.SIZE, node.target());
        }
        return ChipArithmetic.requantize(q, shift, node.bits(), node.target());
    }

    private static void linear(NodeSetup node, ChipBuffer x, ChipBuffer y, float[] scales, boolean alignCorners) {
        float scale = ChipArithmetic.scale(node.inputExponent(0));
        float rescale = ChipArithmetic.rescale(node.outputExponent(0));
        int channels = x.dim(3);
        int rowLength = x.dim(2) * channels;
        int[] from = x.ints();
        int[] result = y.ints();
        int to = 0;
        for (int n = 0; n < y.dim(0); n++) {
            for (int oy = 0; oy < y.dim(1); oy++) {
                Sample v = Sample.at(oy, x.dim(1), y.dim(1), scales[0], alignCorners);
                int row0 = (n * x.dim(1) + v.low) * rowLength;
                int row1 = (n * x.dim(1) + v.high) * rowLength;
                for (int ox = 0; ox < y.dim(2); ox++) {
                    Sample h = Sample.at(ox, x.dim(2), y.dim(2), scales[1], alignCorners);
                    for (int c = 0; c < channels; c++) {
                        int left = h.low * channels + c;
                        int right = h.high * channels + c;
                        float top = mix(from[row0 + left] * scale, from[row0 + right] * scale, h.weight);
                        float bottom = mix(from[row1 + left] * scale, from[row1 + right] * scale, h.weight);
                        result[to++] = ChipArithmetic.quantize(mix(top, bottom, v.weight) * rescale, node.bits(), node.target());
                    }
                }
            }
        }
    }

    private static float mix(float a, float b, float weight) {
        return a * (1f - weight) + b * weight;
    }

    private record Sample(int low, int high, float weight) {
        static Sample at(int out, int inLength, int outLength, float scale, boolean alignCorners) {
            float position = alignCorners
                    ? out * ((float) (inLength - 1) / (outLength - 1))
                    : (out + 0.5f) * (1f / scale) - 0.5f;
            int low = (int) Math.floor(position);
            float weight = position - low;
            // One output row with aligned corners divides by zero; the chip's conversion of NaN ends at the first row.
            if (low < 0 || Float.isNaN(position)) {
                low = 0;
                weight = 0f;
            } else if (low >= inLength - 1) {
                low = Math.max(0, inLength - 2);
                weight = 1f;
            }
            return new Sample(low, Math.min(low + 1, inLength - 1), weight);
        }
    }
}
