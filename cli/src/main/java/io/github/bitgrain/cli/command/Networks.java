package io.github.bitgrain.cli.command;

import io.github.bitgrain.cli.network.ApplicationHead;
import io.github.bitgrain.cli.network.ChipNetwork;
import io.github.bitgrain.cli.network.FloatNetwork;
import io.github.bitgrain.cli.network.Network;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.ShapeInference;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.exporter.onnx.InputShapes;
import io.github.bitgrain.exporter.onnx.OnnxReader;
import io.github.bitgrain.quantizer.input.SamplesFirst;
import io.github.bitgrain.simulator.ChipProgram;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Consumer;

/** Opens model files as networks. */
final class Networks {
    private Networks() {}

    /**
     * Opens a model.
     *
     * @param espdl how chip models are opened; it has checked this one
     * @param target of a chip model that does not name it, or null
     * @param shapes of an ONNX network's open inputs
     * @param note gets a line where samples are not first, and where outputs are the chip's own, since the head that was cut off is not there
     */
    static Network open(Path file, EspdlOptions espdl, Target target, InputShapes shapes, int threads, Consumer<String> note) {
        return switch (ModelFile.of(file)) {
            case ONNX -> new FloatNetwork(read(file, shapes, note), threads);
            case ESPDL -> {
                ChipProgram program = espdl.open(file);
                Network fed = ModelFile.inputMaps(file, program).inFrontOf(new ChipNetwork(program, ModelFile.target(file, program, target), threads));
                ApplicationHead head = ModelFile.named(file, () -> ApplicationHead.of(program));
                yield head == null ? fed : whole(file, fed, head, threads, note);
            }
        };
    }

    /**
     * Reads a float network, with samples first in its inputs and outputs.
     *
     * @param shapes of its open inputs
     * @param note gets a line for every input and output where samples were not first
     */
    static Model read(Path file, InputShapes shapes, Consumer<String> note) {
        Model exported = OnnxReader.read(file, shapes);
        SamplesFirst moved = SamplesFirst.of(exported);
        Map<String, Shape> now = ShapeInference.infer(moved.model().graph(), moved.model().parameters());
        moved.inputs().forEach((input, axis) -> note.accept(moved("input", input, exported.graph().inputs().get(input), axis, now.get(input))));
        moved.outputs().forEach((output, axis) -> note.accept(moved("output", output,
                ShapeInference.infer(exported.graph(), exported.parameters()).get(output), axis, now.get(output))));
        return moved.model();
    }

    private static String moved(String what, String name, Shape exported, int axis, Shape now) {
        return what + " \"" + name + "\" " + exported + ": axis " + axis + " counts samples and goes to the front, " + now + "; elements keep their order";
    }

    private static Network whole(Path file, Network chip, ApplicationHead head, int threads, Consumer<String> note) {
        Path beside = file.resolveSibling(head.file());
        if (!Files.isRegularFile(beside)) {
            note.accept(beside + " is not there, which computes the outputs " + head.outputs() + ": outputs are those of the chip, " + chip.outputs().keySet());
            return chip;
        }
        return ModelFile.named(file, () -> head.behind(chip, OnnxReader.read(beside), threads));
    }
}
