package io.github.bitgrain.cli.command;

import io.github.bitgrain.simulator.ChipDiff;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Compares two chip models without running them. */
@Command(
        name = "diff",
        header = "Shows what two chip models mean differently: graph, attributes, exponents, layouts, weights, metadata, test "
                + "vectors. Names and the order of tensors in a file do not count. Exit code 0: the same, 1: not.",
        footer = "  bitgrain diff a.espdl b.espdl")
public final class DiffCommand extends CliCommand {
    /**
     * The JSON of {@code diff}.
     *
     * @param equal whether both mean the same
     * @param counts number of differences of each aspect that has some
     * @param differences each: aspect, where, what (first / second)
     */
    private record Result(String first, String second, boolean equal, Map<String, Integer> counts, List<Map<String, String>> differences) {}

    @Parameters(index = "0", paramLabel = "A.espdl", description = "A chip model.")
    private Path first;

    @Parameters(index = "1", paramLabel = "B.espdl", description = "The chip model to compare it with.")
    private Path second;

    @Mixin
    private EspdlOptions espdl = new EspdlOptions();

    @Mixin
    private OtherModelOptions otherOptions = new OtherModelOptions();

    @Override
    public Integer call() {
        ModelFile.ESPDL.require(first, name());
        ModelFile.ESPDL.require(second, name());
        espdl.check(first, second, otherOptions);
        List<ChipDiff.Difference> differences = ChipDiff.compare(espdl.open(first), espdl.open(second, otherOptions));
        Map<String, Integer> counts = new TreeMap<>();
        differences.forEach(d -> counts.merge(aspect(d), 1, Integer::sum));
        Result result = new Result(first.toString(), second.toString(), differences.isEmpty(), counts,
                differences.stream().map(d -> Map.of("aspect", aspect(d), "where", d.where(), "what", d.what())).toList());
        print(result, () -> text(result));
        return result.equal ? 0 : 1;
    }

    private static String aspect(ChipDiff.Difference difference) {
        return difference.aspect().name().toLowerCase(Locale.ROOT);
    }

    private void text(Result result) {
        if (result.equal) {
            out().println(first + " and " + second + " mean the same");
        }
        result.differences.forEach(d -> out().println(d.get("aspect") + "  " + d.get("where") + ": " + d.get("what")));
    }
}
