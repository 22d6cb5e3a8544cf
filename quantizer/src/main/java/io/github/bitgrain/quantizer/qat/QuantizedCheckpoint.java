package io.github.bitgrain.quantizer.qat;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.quantizer.amax.AmaxMethod;
import io.github.bitgrain.quantizer.amax.QuantDescriptor;
import io.github.bitgrain.quantizer.nn.BatchNorm2d;
import io.github.bitgrain.quantizer.nn.BatchNormFold;
import io.github.bitgrain.quantizer.nn.Module;
import io.github.bitgrain.quantizer.nn.QuantRegistry;
import io.github.bitgrain.quantizer.nn.QuantizationCalibrator;
import io.github.bitgrain.quantizer.nn.Reparameterizable;
import io.github.bitgrain.quantizer.nn.SelectiveQuantizer;
import io.github.bitgrain.quantizer.nn.TensorQuantizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Makes the quantized tree of a checkpoint from the float tree alone: which places are quantized and how is in the file, so nothing is
 * chosen or calibrated again. For trees that the standard registry quantizes.
 */
public final class QuantizedCheckpoint {
    private static final Pattern FIELD = Pattern.compile("(\\w+)=(\\[[^\\]]*\\]|[^,}]*)");
    private static final String DISABLED = " disabled";

    private QuantizedCheckpoint() {}

    /**
     * The stored tree; the float tree stays as it is.
     *
     * @param floatTree the tree as it was before quantization; its values do not matter
     * @param shape of the input of a tree built in Java; null for an imported network
     * @throws BitgrainException (bad input) when the file is damaged or belongs to another tree
     */
    public static <M extends Module> M read(Path file, M floatTree, Shape shape) {
        Checkpoint stored = Checkpoint.read(file);
        @SuppressWarnings("unchecked")
        M tree = (M) floatTree.copy();
        tree.eval();
        prepare(tree, shape, stored);
        new SelectiveQuantizer(QuantRegistry.standard(), SelectiveQuantizer.Options.DEFAULT).skip(leftInFloat(tree, stored)).quantizeModule(tree, true);
        if (!QuantizationCalibrator.quantizers(tree).keySet().equals(stored.manifest().keySet())) {
            throw BitgrainException.badInput(file + ": belongs to a network that is quantized at other places: " + stored.manifest().keySet());
        }
        tree.named().values().forEach(module -> List.copyOf(module.children().entrySet()).forEach(entry -> {
            if (entry.getValue() instanceof TensorQuantizer) {
                made(tree, entry.getValue()).ifPresent(place -> module.child(entry.getKey(), quantizer(place, stored)));
            }
        }));
        giveShapes(tree, stored);
        Map<String, float[]> live = new LinkedHashMap<>();
        tree.state().forEach((name, tensor) -> live.put(name, tensor.data()));
        Checkpoint.restore(file, "network", stored.state(), live);
        return tree;
    }

    private static Optional<String> made(Module tree, Module quantizer) {
        return QuantizationCalibrator.quantizers(tree).entrySet().stream().filter(entry -> entry.getValue() == quantizer).map(Map.Entry::getKey).findFirst();
    }

    /** Paths of the modules that would be quantized and are not in the file. */
    private static String[] leftInFloat(Module tree, Checkpoint stored) {
        Set<String> left = new LinkedHashSet<>();
        QuantizationCalibrator.quantizers(new SelectiveQuantizer().quantizedCopy(tree)).keySet().stream()
                .filter(place -> !stored.manifest().containsKey(place)).forEach(place -> {
                    boolean inLayer = place.indexOf("_quantizer") > place.lastIndexOf('.') && place.contains(".");
                    left.add(inLayer ? place.substring(0, place.lastIndexOf('.')) : place);
                });
        return left.toArray(String[]::new);
    }

    /** Fuses and folds as was done before quantization: what the file does not hold any more. */
    private static void prepare(Module tree, Shape shape, Checkpoint stored) {
        if (stored.state().keySet().stream().anyMatch(name -> name.contains("rbr_reparam"))) {
            Reparameterizable.fusePartially(tree);
        }
        List<String> norms = new ArrayList<>();
        tree.named().forEach((path, module) -> {
            if (module instanceof BatchNorm2d) {
                norms.add(Module.join(path, "weight"));
            }
        });
        if (!stored.state().keySet().containsAll(norms)) {
            BatchNormFold.beforeQuantization(tree, shape);
        }
    }

    private static TensorQuantizer quantizer(String place, Checkpoint stored) {
        String text = stored.manifest().get(place);
        Map<String, Object> fields = new LinkedHashMap<>();
        Matcher field = FIELD.matcher(text);
        while (field.find()) {
            fields.put(field.group(1), value(field.group(2)));
        }
        TensorQuantizer quantizer = new TensorQuantizer(QuantDescriptor.fromMap(fields));
        if (text.endsWith(DISABLED)) {
            quantizer.disable();
        }
        return quantizer;
    }

    private static Object value(String text) {
        if (text.startsWith("[")) {
            List<Object> items = new ArrayList<>();
            for (String item : text.substring(1, text.length() - 1).split(",")) {
                items.add(value(item.strip()));
            }
            return items;
        }
        if (text.equals("null")) {
            return null;
        }
        if (text.equals("true") || text.equals("false")) {
            return Boolean.valueOf(text);
        }
        return text.matches("-?\\d+") ? (Object) Integer.valueOf(text) : text.matches("-?[\\d.]+(E-?\\d+)?") ? (Object) Double.valueOf(text) : text;
    }

    /** Ranges of weights get their shape from the weights, others are scalars; the values come from the file. */
    private static void giveShapes(Module tree, Checkpoint stored) {
        tree.named().forEach((path, module) -> module.weightSlots().forEach(slot -> {
            QuantDescriptor descriptor = slot.quantizer().descriptor();
            if (!descriptor.learnAmax() && slot.quantizer().isEnabled()) {
                slot.quantizer().clearAmax();
                slot.quantizer().setAmax(QuantizationCalibrator.weightRange(slot, AmaxMethod.of(AmaxMethod.Kind.MAX), descriptor.axis() != null, path));
            }
        }));
        QuantizationCalibrator.quantizers(tree).forEach((path, quantizer) -> {
            boolean known = stored.state().containsKey(Module.join(path, "amax"));
            if (!known) {
                quantizer.clearAmax();
            } else if (quantizer.amax().isEmpty()) {
                quantizer.setAmax(Tensor.scalar(1f));
            }
        });
    }
}
