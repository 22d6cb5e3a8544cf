package io.github.bitgrain.cli.command;

import io.github.bitgrain.cli.pipeline.HeadPolicy;
import io.github.bitgrain.cli.pipeline.Spelling;
import io.github.bitgrain.cli.settings.HeadChoice;
import java.util.List;
import picocli.CommandLine.Option;

/** Whether the end of a network runs on the chip, and what the chip's outputs are called. */
final class OutputOptions {
    @Option(
            names = "--head",
            defaultValue = "auto",
            paramLabel = "NAME",
            description = "What becomes of the network's end behind its last layers (decoding of boxes, softmax, TopK, outputs joined to one): cut (left to the "
                    + "application, which computes it in float), keep (on the chip, as under --profile parity unless cut is given), or auto (default): cut where the chip lacks an operator of it or a part of a "
                    + "joined output would keep fewer than 4 of its bits. What is cut off is written beside the model, MODEL.head.onnx, and evaluate computes it.")
    private HeadChoice choice = HeadChoice.AUTO;

    @Option(
            names = "--output-names",
            split = ",",
            paramLabel = "NAME",
            description = "Names of the chip model's outputs, in order. ESP-DL's YOLO11 postprocessor looks for box0,score0,box1,score1,box2,score2.")
    private List<String> names = List.of();

    /** The option as a model's settings tell it. */
    String word() {
        return choice.word();
    }

    /** What is asked for. */
    HeadPolicy policy() {
        return new HeadPolicy(choice, names, Spelling.COMMAND_LINE);
    }
}
