package io.github.bitgrain.cli.command;

import io.github.bitgrain.cli.console.Nearest;
import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.quant.Target;
import java.util.Arrays;
import java.util.List;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads the name of a target; a misspelt one is answered with its neighbour. */
final class TargetOption implements ITypeConverter<Target> {
    @Override
    public Target convert(String name) {
        try {
            return Target.parse(name);
        } catch (BitgrainException e) {
            List<String> names = Arrays.stream(Target.values()).flatMap(t -> t.aliases().stream()).toList();
            throw new TypeConversionException(Nearest.to(name, names)
                    .map(near -> "unknown target '" + name + "'; did you mean '" + near + "'?")
                    .orElse(e.getMessage()));
        }
    }
}
