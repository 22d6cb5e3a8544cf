package io.github.bitgrain.cli.command;

import io.github.bitgrain.cli.network.ApplicationHead;
import io.github.bitgrain.cli.network.ChipNetwork;
import io.github.bitgrain.cli.network.FloatNetwork;
import io.github.bitgrain.cli.network.Network;
import io.github.bitgrain.cli.network.NetworkFile;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.exporter.onnx.InputShapes;
import io.github.bitgrain.exporter.onnx.OnnxReader;
import io.github.bitgrain.simulator.ChipProgram;
import java.nio.file.Files;
import java.nio.file.Path;
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
            case ONNX -> new FloatNetwork(NetworkFile.read(file, shapes, note), threads);
            case ESPDL -> {
                ChipProgram program = espdl.open(file);
                Network fed = ModelFile.inputMaps(file, program).inFrontOf(new ChipNetwork(program, ModelFile.target(file, program, target), threads));
                ApplicationHead head = ModelFile.named(file, () -> ApplicationHead.of(program));
                yield head == null ? fed : whole(file, fed, head, threads, note);
            }
        };
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
