package io.github.bitgrain.cli.pipeline;

import io.github.bitgrain.cli.network.ApplicationHead;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.exporter.WholeFile;
import io.github.bitgrain.exporter.onnx.OnnxWriter;
import io.github.bitgrain.quantizer.head.NetworkHead;
import io.github.bitgrain.simulator.ChipProgram;
import io.github.bitgrain.simulator.lowering.LoweredModel;
import java.nio.file.Path;

/**
 * What is quantized of a network, and what is left to the application.
 *
 * @param body the network, or what is left of it
 * @param head its parts; null if it stays whole
 * @param reason why it was cut, for people; null if that was asked for, or not done
 * @param hint what cutting would gain; null: nothing worth a word
 */
public record HeadCut(Model body, NetworkHead head, String reason, String hint) {
    /** A network that stays whole. */
    public static HeadCut none(Model network, String hint) {
        return new HeadCut(network, null, null, hint);
    }

    /** Refuses a model whose head could not be written beside it. */
    public void check(Path model) {
        if (head != null) {
            WholeFile.check(file(model));
        }
    }

    /** The program with what has to be known of its head. */
    public ChipProgram describe(ChipProgram program, LoweredModel lowered, Path model) {
        return head == null ? program : ApplicationHead.of(file(model).getFileName().toString(), head.outputs(), lowered).describe(program);
    }

    /** Writes the head beside a model, in float. */
    public void write(Path model) {
        if (head != null) {
            OnnxWriter.write(head.head(), file(model));
        }
    }

    /** What the outcome tells of it; null if the network stays whole. */
    public Outcome.Head outcome(Path model) {
        return head == null ? null : new Outcome.Head(file(model).toString(), body.graph().outputs(), reason);
    }

    private static Path file(Path model) {
        String name = model.getFileName().toString();
        int dot = name.lastIndexOf('.');
        return model.resolveSibling((dot > 0 ? name.substring(0, dot) : name) + ".head.onnx");
    }
}
