package io.github.bitgrain.cli.command;

import io.github.bitgrain.cli.network.ChipNetwork;
import io.github.bitgrain.cli.network.FloatNetwork;
import io.github.bitgrain.cli.network.Network;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.exporter.onnx.OnnxReader;
import io.github.bitgrain.simulator.ChipProgram;
import java.nio.file.Path;

/** Opens model files as networks. */
final class Networks {
    private Networks() {}

    /**
     * Opens a model.
     *
     * @param espdl how chip models are opened; it has checked this one
     * @param target of a chip model that does not name it, or null
     */
    static Network open(Path file, EspdlOptions espdl, Target target, int threads) {
        return switch (ModelFile.of(file)) {
            case ONNX -> new FloatNetwork(OnnxReader.read(file), threads);
            case ESPDL -> {
                ChipProgram program = espdl.open(file);
                yield ModelFile.inputMaps(file, program).inFrontOf(new ChipNetwork(program, ModelFile.target(file, program, target), threads));
            }
        };
    }
}
