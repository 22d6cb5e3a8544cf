package io.github.bitgrain.quantizer.nn;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.exec.ValueView;
import io.github.bitgrain.core.op.LinearQuant;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.kernels.LinearQuantization;
import io.github.bitgrain.quantizer.amax.AmaxMethod;
import io.github.bitgrain.quantizer.amax.Calibrator;
import io.github.bitgrain.quantizer.amax.QuantDescriptor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Simulates integers at one place (pytorch-quantization: nn/modules/tensor_quantizer.py). Until a range is set or calibrated, every
 * call takes the largest magnitude of its own operand. The range is the buffer {@code amax}: a scalar, or the operand's rank with
 * extent 1 along all axes that are not kept. Learned bounds are the parameters {@code clip.min} and {@code clip.max}; a learned scale is
 * the parameter {@code log2_amax} of the range's shape, and the range follows it.
 */
public final class TensorQuantizer extends Module {
    private static final String AMAX = "amax";
    /** Parameter of a learned scale. */
    public static final String LOG2_AMAX = "log2_amax";
    private static final String CLIP_MIN = "clip.min";
    private static final String CLIP_MAX = "clip.max";

    private final QuantDescriptor descriptor;
    private Calibrator calibrator;
    private boolean disabled;
    private boolean quantizing = true;
    private boolean clipping;
    private boolean collecting;

    /** A quantizer without range, unless the descriptor has one. */
    public TensorQuantizer(QuantDescriptor descriptor) {
        this.descriptor = descriptor;
        this.clipping = descriptor.learnAmax();
        calibrator = Calibrator.of(descriptor, label());
        if (descriptor.learnAmax()) {
            float initial = descriptor.amax() == null ? 1f : descriptor.amax().getFirst();
            parameter(CLIP_MIN, Tensor.vector(-initial));
            parameter(CLIP_MAX, Tensor.vector(initial));
        } else if (descriptor.amax() != null) {
            setAmax(fixed(descriptor.amax()));
        }
    }

    private String label() {
        return descriptor.name() == null ? "quantizer" : "quantizer \"" + descriptor.name() + "\"";
    }

    private Tensor fixed(List<Float> range) {
        Tensor tensor = Tensor.zeros(range.size() == 1 ? Shape.of() : Shape.of(range.size()));
        for (int i = 0; i < tensor.size(); i++) {
            tensor.data()[i] = range.get(i);
        }
        return tensor;
    }

    /** How it quantizes. */
    public QuantDescriptor descriptor() {
        return descriptor;
    }

    /** What collects during calibration. */
    public Calibrator calibrator() {
        return calibrator;
    }

    /** The range, if one is known. */
    public Optional<Tensor> amax() {
        followLogarithm();
        return Optional.ofNullable(buffers().get(AMAX));
    }

    /**
     * Sets the range; a known one must have the same shape.
     *
     * @throws BitgrainException (usage) for another shape, NaN or negative ranges
     */
    public void setAmax(Tensor range) {
        Tensor known = buffers().get(AMAX);
        if (known != null && !known.shape().equals(range.shape())) {
            throw BitgrainException.usage(label() + ": a range of shape " + range.shape() + " cannot replace one of " + known.shape());
        }
        Tensor usable = range.copy();
        for (int i = 0; i < usable.size(); i++) {
            if (!(usable.data()[i] >= 0) || Float.isInfinite(usable.data()[i])) {
                throw BitgrainException.usage(label() + ": " + usable.data()[i] + " is no range");
            }
            usable.data()[i] = descriptor.usable(usable.data()[i]);
        }
        if (known == null) {
            buffer(AMAX, usable);
        } else {
            System.arraycopy(usable.data(), 0, known.data(), 0, usable.size());
        }
        if (descriptor.learnScale()) {
            learnFrom(range);
            followLogarithm();
        }
    }

    /** The range that belongs to the learned logarithm, in place. */
    private void followLogarithm() {
        Tensor logarithm = parameters().get(LOG2_AMAX);
        if (logarithm != null) {
            float[] range = buffers().get(AMAX).data();
            for (int i = 0; i < range.length; i++) {
                range[i] = descriptor.usable(LinearQuant.amaxOfLog2(logarithm.data()[i]));
            }
        }
    }

    /** Begins to learn from a range, which is not used before it was made a power of two where that is wanted. */
    private void learnFrom(Tensor range) {
        Tensor logarithm = Tensor.zeros(range.shape());
        for (int i = 0; i < logarithm.size(); i++) {
            float log2 = (float) (Math.log(Math.max(range.data()[i], LinearQuant.NO_RANGE)) / Math.log(2));
            // Rounded up, the logarithm of a range that is usable already would stand for the next power of two.
            while (descriptor.powerOfTwo() && LinearQuant.amaxOfLog2(log2) > range.data()[i] && range.data()[i] > LinearQuant.NO_RANGE) {
                log2 = Math.nextDown(log2);
            }
            logarithm.data()[i] = log2;
        }
        Tensor known = parameters().get(LOG2_AMAX);
        if (known == null) {
            parameter(LOG2_AMAX, logarithm);
        } else {
            System.arraycopy(logarithm.data(), 0, known.data(), 0, logarithm.size());
        }
    }

    /** Forgets the range: it is dynamic again. */
    public void clearAmax() {
        buffer(AMAX, null);
        removeParameter(LOG2_AMAX);
    }

    /** amax ÷ largest integer; empty while the range is dynamic. */
    public Optional<Tensor> stepSize() {
        return amax().map(range -> {
            Tensor step = range.copy();
            for (int i = 0; i < step.size(); i++) {
                step.data()[i] = LinearQuant.scale(step.data()[i] * factor(), descriptor.qmax());
            }
            return step;
        });
    }

    private float factor() {
        return descriptor.scaleAmax() == null ? 1f : descriptor.scaleAmax();
    }

    /** Whether it does anything. */
    public boolean isEnabled() {
        return !disabled;
    }

    /** Makes it do what the other switches say. */
    public void enable() {
        disabled = false;
    }

    /** Makes it pass everything. */
    public void disable() {
        disabled = true;
    }

    /** Whether it quantizes. */
    public boolean isQuantizing() {
        return quantizing;
    }

    /** Makes it quantize. */
    public void enableQuant() {
        quantizing = true;
    }

    /** Makes it quantize no more. */
    public void disableQuant() {
        quantizing = false;
    }

    /** Whether it collects. */
    public boolean isCollecting() {
        return collecting;
    }

    /** Makes it collect what passes. */
    public void enableCalib() {
        collecting = true;
    }

    /** Makes it collect no more. */
    public void disableCalib() {
        collecting = false;
    }

    /**
     * Makes it clip to the learned bounds.
     *
     * @throws BitgrainException (usage) without learned bounds
     */
    public void enableClip() {
        if (!descriptor.learnAmax()) {
            throw BitgrainException.usage(label() + ": has no learned bounds to clip to; set learn_amax");
        }
        clipping = true;
    }

    /** Makes it clip no more. */
    public void disableClip() {
        clipping = false;
    }

    /**
     * Takes the range from what was collected; learned bounds begin there.
     *
     * @return whether anything was collected
     */
    public boolean loadCalibAmax(AmaxMethod method) {
        Optional<Tensor> range = calibrator.amax(method);
        if (range.isEmpty()) {
            return false;
        }
        if (descriptor.learnAmax()) {
            initLearnAmax(range.get());
        } else {
            clearAmax();
            setAmax(range.get());
        }
        return true;
    }

    /** Sets the learned bounds to the largest of the ranges. */
    public void initLearnAmax(Tensor range) {
        float largest = 0;
        for (float each : range.data()) {
            largest = Math.max(largest, each);
        }
        parameters().get(CLIP_MIN).data()[0] = -largest;
        parameters().get(CLIP_MAX).data()[0] = largest;
    }

    /** Keeps learned bounds in order after an update: max ≥ 2^−24, min ≤ 0. */
    public void projectBounds() {
        if (descriptor.learnAmax()) {
            float[] min = parameters().get(CLIP_MIN).data();
            float[] max = parameters().get(CLIP_MAX).data();
            min[0] = Math.min(min[0], 0f);
            max[0] = Math.max(max[0], LinearQuant.NO_RANGE);
        }
    }

    @Override
    public String build(NetworkBuilder builder, String x) {
        if (disabled) {
            return x;
        }
        if (!descriptor.fakeQuant()) {
            throw BitgrainException.usage("quantizer \"" + builder.path() + "\": a network computes in floats; fake_quant must be true");
        }
        if (collecting) {
            builder.observe(x);
        }
        if (collecting && !quantizing) {
            return x;
        }
        if (clipping && !quantizing) {
            throw BitgrainException.usage("quantizer \"" + builder.path() + "\": clipping without quantizing is not supported; enable quant");
        }
        if (!quantizing) {
            return x;
        }
        List<String> operands = new ArrayList<>(List.of(x));
        if (descriptor.learnAmax() && clipping) {
            operands.add(builder.parameter(this, CLIP_MIN));
            operands.add(builder.parameter(this, CLIP_MAX));
            return builder.quantizer(op(LinearQuant.Range.LEARNED, LinearQuant.PER_TENSOR), operands, null);
        }
        Tensor range = amax().orElse(null);
        if (range == null) {
            return builder.quantizer(op(LinearQuant.Range.DYNAMIC, axis(null)), operands, List.of());
        }
        if (descriptor.learnScale() && isTraining()) {
            operands.add(builder.parameter(this, LOG2_AMAX));
            return builder.quantizer(op(descriptor.powerOfTwo() ? LinearQuant.Range.LOG2_POWER : LinearQuant.Range.LOG2, axis(range)), operands, null);
        }
        operands.add(builder.parameter(this, AMAX));
        return builder.quantizer(op(LinearQuant.Range.AMAX, axis(range)), operands, List.of(range));
    }

    private int axis(Tensor range) {
        if (descriptor.axis() == null && (range == null || range.size() == 1)) {
            return LinearQuant.PER_TENSOR;
        }
        if (descriptor.axis() == null || descriptor.axis().size() != 1) {
            throw BitgrainException.usage(label() + ": a network keeps ranges along one axis, not along " + descriptor.axis());
        }
        return descriptor.axis().getFirst();
    }

    private LinearQuant op(LinearQuant.Range range, int axis) {
        float factor = range == LinearQuant.Range.LEARNED ? 1f : factor();
        return new LinearQuant(descriptor.qmin(), descriptor.qmax(), axis, range, factor, descriptor.unsigned() && !descriptor.clampNegative());
    }

    /** What a tensor becomes; integers in floats unless fake quantization is on. Collects if it is to. */
    public Tensor forward(Tensor x) {
        if (disabled) {
            return x;
        }
        if (collecting) {
            calibrator.collect(new ValueView(label(), x.shape(), x.data(), 0, 1, x.size(), x.size(), false, io.github.bitgrain.kernels.Kernels.floats()));
        }
        if (!quantizing) {
            return x;
        }
        return descriptor.fakeQuant() ? simulated(x) : integers(x);
    }

    private Tensor simulated(Tensor x) {
        Network network = Network.of(this, x.shape());
        try (Executor executor = new Executor(network.model())) {
            return executor.run(Map.of(Network.INPUT, x)).values().iterator().next();
        }
    }

    private Tensor integers(Tensor x) {
        Tensor step = stepSize().orElseThrow(() -> BitgrainException.usage(label() + ": integers need a range; calibrate or set amax"));
        int[] q = new int[x.size()];
        int axis = step.size() == 1 ? 0 : x.shape().axis(axis(step));
        int inner = step.size() == 1 ? x.size() : x.shape().size(axis + 1, x.shape().rank());
        for (int at = 0; at < q.length; at += inner) {
            int channel = step.size() == 1 ? 0 : at / inner % step.size();
            LinearQuantization.integers(inner, x.data(), at, q, at, step.data()[channel], 0, descriptor.qmin(), descriptor.qmax());
        }
        Tensor integers = Tensor.zeros(x.shape());
        for (int i = 0; i < q.length; i++) {
            integers.data()[i] = q[i];
        }
        return integers;
    }

    @Override
    public TensorQuantizer copy() {
        TensorQuantizer copy = (TensorQuantizer) super.copy();
        copy.calibrator = Calibrator.of(descriptor, label());
        return copy;
    }

    @Override
    protected String details() {
        StringBuilder text = new StringBuilder(descriptor.unsigned() ? "unsigned " : "").append(descriptor.numBits()).append("bit");
        text.append(descriptor.narrowRange() ? " narrow" : "").append(descriptor.fakeQuant() ? " fake" : "");
        text.append(descriptor.axis() == null ? " per-tensor" : " axis=" + descriptor.axis());
        if (descriptor.learnAmax()) {
            text.append(" learned=[").append(parameters().get(CLIP_MIN).data()[0]).append(", ").append(parameters().get(CLIP_MAX).data()[0]).append(']');
        } else {
            text.append(descriptor.learnScale() ? " learned scale" : "").append(" amax=").append(amax().map(TensorQuantizer::range).orElse("dynamic"));
        }
        text.append(descriptor.scaleAmax() == null ? "" : " *" + descriptor.scaleAmax()).append(" calibrator=").append(descriptor.calibMethod().word());
        text.append(disabled ? " disabled" : (quantizing ? " quant" : "") + (collecting ? " calib" : "") + (clipping ? " clip" : ""));
        return text.toString();
    }

    private static String range(Tensor amax) {
        if (amax.size() == 1) {
            return Float.toString(amax.data()[0]);
        }
        float min = Float.POSITIVE_INFINITY;
        float max = 0;
        for (float each : amax.data()) {
            min = Math.min(min, each);
            max = Math.max(max, each);
        }
        return "[" + min + ", " + max + "](" + amax.size() + ")";
    }
}
