package io.github.bitgrain.quantizer.amax;

import io.github.bitgrain.core.exec.ValueView;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.Optional;

/** Collects what passes a quantizer and turns it into a range. */
public interface Calibrator {
    /** Takes a batch into account. */
    void collect(ValueView batch);

    /** The range so far: a scalar, or the operand's rank with extent 1 along all axes that are not kept; nothing before any data. */
    Optional<Tensor> amax(AmaxMethod method);

    /** Forgets everything and frees its memory. */
    void reset();

    /**
     * The calibrator of a descriptor.
     *
     * @param name how errors call the quantizer
     */
    static Calibrator of(QuantDescriptor descriptor, String name) {
        return descriptor.calibMethod() == CalibMethod.MAX
                ? new MaxCalibrator(descriptor, name, false)
                : new HistogramCalibrator(descriptor, name);
    }
}
