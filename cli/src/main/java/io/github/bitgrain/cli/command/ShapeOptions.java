package io.github.bitgrain.cli.command;

import io.github.bitgrain.cli.data.InputShapesText;
import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.exporter.onnx.InputShapes;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import picocli.CommandLine.Option;

/** The size of a network whose file leaves it open. */
final class ShapeOptions {
    @Option(
            names = "--input-shape",
            paramLabel = "[NAME=]N,C,H,W",
            description = "Shape of the network's input where the file leaves axes open (a dynamic export), batch included: 1,3,320,320. NAME= "
                    + "binds it to one of several inputs; give the option once for each.")
    private List<String> shapes = new ArrayList<>();

    /** Refuses the option where no model has open axes. */
    void check(Path... models) {
        if (!shapes.isEmpty() && Arrays.stream(models).noneMatch(model -> ModelFile.of(model) == ModelFile.ONNX)) {
            throw BitgrainException.usage("--input-shape: is for .onnx files; a chip model has its size");
        }
    }

    /** What was given. */
    InputShapes shapes() {
        return InputShapesText.parse("--input-shape", shapes);
    }
}
