package io.github.bitgrain.quantizer.nn;

import io.github.bitgrain.core.BitgrainException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/** Finds parameters by regular expressions, which may fit any part of a path (pytorch-quantization: optim/helper.py). */
public final class ParameterGroups {
    private ParameterGroups() {}

    /**
     * Paths of the parameters that one of the expressions finds something in, in the order of the tree.
     *
     * @throws BitgrainException (usage) for a broken expression
     */
    public static List<String> match(Module root, String... expressions) {
        List<Pattern> patterns = new ArrayList<>();
        for (String expression : expressions) {
            try {
                patterns.add(Pattern.compile(expression));
            } catch (PatternSyntaxException e) {
                throw BitgrainException.usage("'" + expression + "' is no regular expression: " + e.getDescription());
            }
        }
        List<String> found = new ArrayList<>();
        root.named().forEach((path, module) -> {
            for (String name : module.parameters().keySet()) {
                String parameter = Module.join(path, name);
                if (patterns.stream().anyMatch(pattern -> pattern.matcher(parameter).find())) {
                    found.add(parameter);
                }
            }
        });
        return found;
    }

    /**
     * Rate factors for a training run: every parameter gets that of the first expression that finds something in its path; 0 freezes
     * it.
     *
     * @param factors expression → factor of the rate, in order
     */
    public static Map<String, Double> rateFactors(Module root, Map<String, Double> factors) {
        Map<String, Double> byPath = new LinkedHashMap<>();
        factors.forEach((expression, factor) -> match(root, expression).forEach(path -> byPath.putIfAbsent(path, factor)));
        return byPath;
    }

    /** Rounds the weights of all quantized layers to their grids, in place; the quantizers then change nothing. */
    public static void quantizeWeights(Module root) {
        root.named().values().forEach(module -> module.weightSlots().forEach(slot -> {
            if (slot.quantizer().isEnabled()) {
                slot.store().accept(slot.quantizer().forward(slot.weight()));
            }
        }));
    }

    /** The tree in words: each module with its path, indented, quantizers with their state. */
    public static String summary(Module root) {
        StringBuilder text = new StringBuilder();
        summarize("", root, 0, text);
        return text.toString();
    }

    private static void summarize(String name, Module module, int depth, StringBuilder text) {
        text.append("  ".repeat(depth)).append(name.isEmpty() ? "" : name + ": ").append(module).append('\n');
        module.children().forEach((child, below) -> summarize(child, below, depth + 1, text));
    }
}
