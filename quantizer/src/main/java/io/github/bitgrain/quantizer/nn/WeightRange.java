package io.github.bitgrain.quantizer.nn;

import io.github.bitgrain.core.exec.ValueView;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.kernels.Kernels;
import io.github.bitgrain.quantizer.amax.AmaxMethod;
import io.github.bitgrain.quantizer.amax.CalibMethod;
import io.github.bitgrain.quantizer.amax.Calibrator;
import io.github.bitgrain.quantizer.amax.QuantDescriptor;
import java.util.Optional;

/** Ranges of weights from the weights alone. */
final class WeightRange {
    private WeightRange() {}

    /** amax of the weights: a scalar, or kept-dims shape along the axis. */
    static Tensor of(Tensor weight, Optional<Integer> axis, AmaxMethod method, QuantDescriptor descriptor, String path) {
        QuantDescriptor.Builder builder = descriptor.edit().learnAmax(false).learnScale(false).amax()
                .calibMethod(method.kind() == AmaxMethod.Kind.MAX ? CalibMethod.MAX : CalibMethod.HISTOGRAM);
        QuantDescriptor collecting = axis.map(at -> builder.axis(at).build()).orElseGet(() -> builder.axis().build());
        Calibrator calibrator = Calibrator.of(collecting, path);
        calibrator.collect(new ValueView(path, weight.shape(), weight.data(), 0, 1, weight.size(), weight.size(), false, Kernels.floats()));
        return calibrator.amax(method).orElseThrow();
    }
}
