package io.github.bitgrain.cli.command;

import io.github.bitgrain.core.BitgrainException;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Unmatched;

/** Commands whose names are reserved: they end with exit code 2 and say so. */
public final class LaterCommands {
    private LaterCommands() {}

    private abstract static class Later extends CliCommand {
        @Parameters(hidden = true, arity = "0..*")
        private List<String> arguments = new ArrayList<>();

        @Unmatched
        private List<String> others = new ArrayList<>();

        @Override
        public Integer call() {
            throw BitgrainException.usage(name() + " comes with a later version of Bitgrain" + instead());
        }

        /** What to use meanwhile, as the end of the sentence. */
        String instead() {
            return "";
        }
    }

    /** Automatic search. */
    @Command(
            name = "auto",
            header = "Searches the best configuration by itself (comes with a later version).",
            footer = "  bitgrain auto model.onnx --calib data.npy --labels labels.npy")
    public static final class Auto extends Later {
        @Override
        String instead() {
            return "; use 'bitgrain quantize --tqt' with --calibration kl, percentile, minmax or mse";
        }
    }
}
