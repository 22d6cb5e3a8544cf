package io.github.bitgrain.quantizer.amax;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.exec.ValueView;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/** The largest magnitude of all batches, for the tensor or each channel (pytorch-quantization: calib/max.py). */
public final class MaxCalibrator implements Calibrator {
    private final QuantDescriptor descriptor;
    private final String name;
    private final List<Tensor> history;
    private Tensor amax;

    /**
     * A calibrator.
     *
     * @param name how errors call the quantizer
     * @param track whether the range of each batch is remembered
     */
    public MaxCalibrator(QuantDescriptor descriptor, String name, boolean track) {
        this.descriptor = descriptor;
        this.name = name;
        history = track ? new ArrayList<>() : null;
    }

    @Override
    public void collect(ValueView batch) {
        Tensor now = of(batch);
        for (float value : now.data()) {
            if (!Float.isFinite(value)) {
                throw BitgrainException.badInput(name + ": a value is " + (Float.isNaN(value) ? "NaN" : "infinite") + "; check the data");
            }
        }
        if (history != null) {
            history.add(now);
        }
        if (amax == null) {
            amax = now.copy();
            return;
        }
        if (!amax.shape().equals(now.shape())) {
            throw BitgrainException.badInput(name + ": the shape of the ranges changed from " + amax.shape() + " to " + now.shape()
                    + "; an axis that keeps its ranges must keep its extent");
        }
        for (int i = 0; i < now.size(); i++) {
            amax.data()[i] = Math.max(amax.data()[i], now.data()[i]);
        }
    }

    private Tensor of(ValueView batch) {
        if (descriptor.axis() == null) {
            float[] range = {0f, 0f};
            for (int row = 0; row < batch.rows(); row++) {
                batch.kernels().minMax(batch.length(), batch.data(), batch.offset() + row * batch.stride(), range);
            }
            return Tensor.scalar(Math.max(-range[0], range[1]));
        }
        Tensor tensor = batch.tensor();
        KeptAxes channels = new KeptAxes(tensor.shape(), descriptor.axis());
        Tensor largest = Tensor.zeros(channels.shape());
        for (int i = 0; i < tensor.size(); i++) {
            int channel = channels.channel(i);
            largest.data()[channel] = Math.max(largest.data()[channel], Math.abs(tensor.data()[i]));
        }
        return largest;
    }

    @Override
    public Optional<Tensor> amax(AmaxMethod method) {
        return Optional.ofNullable(amax).map(Tensor::copy);
    }

    /** The range of each batch; empty unless tracked. */
    public List<Tensor> history() {
        return history == null ? List.of() : Collections.unmodifiableList(history);
    }

    @Override
    public void reset() {
        amax = null;
        if (history != null) {
            history.clear();
        }
    }
}
