package io.github.bitgrain.cli.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.bitgrain.quantizer.QuantizationListener;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TrainingCurvesTest {
    private final TrainingCurves curves = new TrainingCurves(QuantizationListener.NONE);

    private List<String> names() {
        return curves.curves().stream().map(TrainingCurves.Curve::name).toList();
    }

    @Test
    void curvesComeInTheOrderOfTheirLastTraining() {
        curves.step(0, 1, "output", 1, 1, 3);
        curves.step(0, 1, "output again", 1, 1, 2);
        curves.step(0, 1, "output", 1, 2, 1);
        curves.step(0, 1, "output", 2, 2, 0.5f);
        assertEquals(List.of(new TrainingCurves.Curve("output again", 1, List.of(2.0)), new TrainingCurves.Curve("output", 2, List.of(1.0, 0.5))),
                curves.curves());
    }

    @Test
    void whatWasTrainedBeforeANewBeginningDoesNotCount() {
        curves.begin();
        curves.step(0, 1, "output", 1, 1, 3);
        curves.step(0, 1, "output again", 1, 1, 2);
        curves.begin();
        curves.step(0, 1, "output", 1, 1, 3);
        assertEquals(List.of("output"), names());
    }

    @Test
    void longCurvesAreCondensedToMeans() {
        IntStream.rangeClosed(1, 240).forEach(step -> curves.step(0, 1, "output", step, 240, step));
        TrainingCurves.Curve curve = curves.curves().getFirst();
        assertEquals(240, curve.steps());
        assertEquals(120, curve.losses().size());
        assertEquals(List.of(1.5, 3.5), curve.losses().subList(0, 2));
    }
}
