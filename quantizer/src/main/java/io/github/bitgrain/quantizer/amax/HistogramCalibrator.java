package io.github.bitgrain.quantizer.amax;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.exec.ValueView;
import io.github.bitgrain.core.stats.Histogram;
import io.github.bitgrain.core.stats.HistogramCollector;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A histogram of magnitudes for the tensor or each channel; any method can be asked of it afterwards, without another pass over the
 * data (pytorch-quantization: calib/histogram.py, which has one histogram for the tensor only).
 */
public final class HistogramCalibrator implements Calibrator {
    private final QuantDescriptor descriptor;
    private final String name;
    private final int bins;
    private final boolean skipZeros;
    private final List<HistogramCollector> collectors = new ArrayList<>();
    private Shape shape;

    /** A calibrator with {@value HistogramCollector#FIRST_BINS} bins at first. */
    public HistogramCalibrator(QuantDescriptor descriptor, String name) {
        this(descriptor, name, HistogramCollector.FIRST_BINS, false);
    }

    /**
     * A calibrator.
     *
     * @param name how errors call the quantizer
     * @param bins bins of the first batch
     * @param skipZeros whether zeros are left out
     */
    public HistogramCalibrator(QuantDescriptor descriptor, String name, int bins, boolean skipZeros) {
        this.descriptor = descriptor;
        this.name = name;
        this.bins = bins;
        this.skipZeros = skipZeros;
    }

    @Override
    public void collect(ValueView batch) {
        if (descriptor.axis() == null) {
            begin(Shape.of());
            collectors.getFirst().collect(batch.data(), batch.offset(), batch.rows(), batch.length(), batch.stride());
            return;
        }
        Tensor tensor = batch.tensor();
        KeptAxes channels = new KeptAxes(tensor.shape(), descriptor.axis());
        begin(channels.shape());
        int[] filled = new int[channels.channels()];
        float[][] values = new float[channels.channels()][tensor.size() / Math.max(1, channels.channels())];
        for (int i = 0; i < tensor.size(); i++) {
            int channel = channels.channel(i);
            values[channel][filled[channel]++] = tensor.data()[i];
        }
        for (int channel = 0; channel < values.length; channel++) {
            collectors.get(channel).collect(values[channel]);
        }
    }

    private void begin(Shape ranges) {
        if (shape == null) {
            shape = ranges;
            for (int i = 0; i < ranges.size(); i++) {
                collectors.add(new HistogramCollector(name, bins, skipZeros));
            }
        } else if (!shape.equals(ranges)) {
            throw BitgrainException.badInput(name + ": the shape of the ranges changed from " + shape + " to " + ranges
                    + "; an axis that keeps its ranges must keep its extent");
        }
    }

    @Override
    public Optional<Tensor> amax(AmaxMethod method) {
        if (shape == null) {
            return Optional.empty();
        }
        Tensor amax = Tensor.zeros(shape);
        for (int i = 0; i < amax.size(); i++) {
            amax.data()[i] = HistogramAmax.of(collectors.get(i).histogram(), method, descriptor);
        }
        return Optional.of(amax);
    }

    /** The histograms, one per channel; none before any data. */
    public List<Histogram> histograms() {
        return collectors.stream().map(HistogramCollector::histogram).toList();
    }

    @Override
    public void reset() {
        shape = null;
        collectors.clear();
    }
}
