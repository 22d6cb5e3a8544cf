package io.github.bitgrain.cli.network;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.ShapeInference;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.exporter.onnx.InputShapes;
import io.github.bitgrain.exporter.onnx.OnnxReader;
import io.github.bitgrain.quantizer.input.SamplesFirst;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Consumer;

/** Float networks in the form that commands work with: one size, samples first. */
public final class NetworkFile {
    private NetworkFile() {}

    /**
     * Reads a float network, with samples first in its inputs and outputs.
     *
     * @param shapes of its open inputs
     * @param note gets a line for every input and output where samples were not first
     * @throws BitgrainException (bad input), one line: file, place, reason, way out
     */
    public static Model read(Path file, InputShapes shapes, Consumer<String> note) {
        Model exported = OnnxReader.read(file, shapes);
        SamplesFirst moved = SamplesFirst.of(exported);
        if (moved.model() == exported) {
            return exported;
        }
        Map<String, Shape> now = ShapeInference.infer(moved.model().graph(), moved.model().parameters());
        Map<String, Shape> before = ShapeInference.infer(exported.graph(), exported.parameters());
        moved.inputs().forEach((input, axis) -> note.accept(moved("input", input, before.get(input), axis, now.get(input))));
        moved.outputs().forEach((output, axis) -> note.accept(moved("output", output, before.get(output), axis, now.get(output))));
        return moved.model();
    }

    private static String moved(String what, String name, Shape exported, int axis, Shape now) {
        return what + " \"" + name + "\" " + exported + ": axis " + axis + " counts samples and goes to the front, " + now + "; elements keep their order";
    }
}
