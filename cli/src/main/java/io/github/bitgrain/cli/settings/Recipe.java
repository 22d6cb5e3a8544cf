package io.github.bitgrain.cli.settings;

import io.github.bitgrain.cli.settings.SettingsText.Mapping;
import io.github.bitgrain.cli.settings.SettingsText.Scalar;
import io.github.bitgrain.cli.settings.SettingsText.Sequence;
import io.github.bitgrain.core.BitgrainException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A composed recipe: a YAML file with the recipes that its {@code defaults} name, command-line assignments, references {@code ${a.b}}
 * and resolvers {@code ${mul:${a.b},2}} (add, mul, div, cond, getitem, first, last, len). Later sources override earlier ones; mappings
 * merge, everything else is replaced; {@code ???} must be given. A subset of Hydra. Values know the line that they stand in.
 */
public final class Recipe {
    private static final String SHIPPED = "recipes/";
    private static final Pattern INNERMOST = Pattern.compile("\\$\\{([^${}]*)\\}");
    private static final int DEEPEST = 50;

    private final Mapping root;

    private Recipe(Mapping root) {
        this.root = root;
    }

    /**
     * Reads and composes.
     *
     * @param file recipe
     * @param assignments {@code a.b=v} for what is there, {@code +a.b=v} for more
     * @throws BitgrainException (bad input) with file, line and column; (usage) for an assignment that fits nothing
     */
    public static Recipe read(Path file, List<String> assignments) {
        Mapping composed = compose(SettingsText.file(file), file, 0);
        for (String assignment : assignments) {
            composed = assign(composed, assignment);
        }
        composed = shortcuts(composed);
        return new Recipe((Mapping) resolve(composed, composed, ""));
    }

    /** This with another content, as {@link #tree} gives it; places are unknown. */
    public Recipe with(Map<String, Object> tree, String where) {
        return new Recipe((Mapping) text(tree, where));
    }

    private static Mapping compose(Mapping own, Path file, int depth) {
        if (depth > DEEPEST) {
            throw BitgrainException.badInput(own.where() + ": recipes name each other in a circle");
        }
        SettingsText list = own.entries().get("defaults");
        Mapping rest = without(own, "defaults");
        if (list == null) {
            return rest;
        }
        if (!(list instanceof Sequence sequence)) {
            throw BitgrainException.badInput(list.where() + ": defaults is a list, for example [float_recipe, _self_]");
        }
        Mapping merged = new Mapping(own.where(), Map.of(), Map.of());
        boolean self = false;
        for (SettingsText item : sequence.items()) {
            if (item instanceof Scalar name && "_self_".equals(name.text())) {
                merged = merge(merged, rest);
                self = true;
            } else if (item instanceof Scalar name && name.text() != null) {
                merged = merge(merged, named(name.text(), name.where(), file, depth));
            } else if (item instanceof Mapping group && group.entries().size() == 1) {
                String key = group.entries().keySet().iterator().next();
                if (!(group.entries().get(key) instanceof Scalar name) || name.text() == null) {
                    throw BitgrainException.badInput(group.where() + ": write '- " + key + ": NAME'");
                }
                Mapping mounted = named(key + "/" + name.text(), name.where(), file, depth);
                merged = merge(merged, new Mapping(mounted.where(), Map.of(key, mounted), Map.of(key, mounted.where())));
            } else {
                throw BitgrainException.badInput(item.where() + ": defaults holds names, GROUP: NAME, and _self_");
            }
        }
        return self ? merged : merge(merged, rest);
    }

    /** A recipe beside the file or, failing that, one that comes with Bitgrain. */
    private static Mapping named(String name, String where, Path from, int depth) {
        Path folder = from.toAbsolutePath().getParent();
        Path beside = folder.resolve(name + ".yaml").normalize();
        if (Files.isRegularFile(beside)) {
            return compose(SettingsText.file(beside), beside, depth + 1);
        }
        try (InputStream shipped = name.contains("..") ? null : Recipe.class.getResourceAsStream(SHIPPED + name + ".yaml")) {
            if (shipped == null) {
                throw BitgrainException.badInput(where + ": there is no recipe '" + name + "', neither " + beside + " nor one that comes with Bitgrain");
            }
            SettingsText text = SettingsText.value(new String(shipped.readAllBytes(), StandardCharsets.UTF_8), "shipped recipe " + name);
            return compose((Mapping) text, from, depth + 1);
        } catch (IOException e) {
            throw BitgrainException.badInput(where + ": recipe '" + name + "' cannot be read: " + e.getMessage());
        }
    }

    private static Mapping without(Mapping mapping, String key) {
        Map<String, SettingsText> entries = new LinkedHashMap<>(mapping.entries());
        entries.remove(key);
        return new Mapping(mapping.where(), entries, mapping.keyPlaces());
    }

    private static Mapping merge(Mapping under, Mapping over) {
        Map<String, SettingsText> entries = new LinkedHashMap<>(under.entries());
        Map<String, String> places = new LinkedHashMap<>(under.keyPlaces());
        over.entries().forEach((key, value) -> {
            entries.merge(key, value, (old, now) -> old instanceof Mapping a && now instanceof Mapping b ? merge(a, b) : now);
            places.put(key, over.keyPlaces().get(key));
        });
        return new Mapping(over.where(), entries, places);
    }

    private static Mapping assign(Mapping root, String assignment) {
        int equals = assignment.indexOf('=');
        boolean add = assignment.startsWith("+");
        if (equals < (add ? 2 : 1)) {
            throw BitgrainException.usage(assignment + ": write KEY=VALUE, or +KEY=VALUE for a key that the recipe does not have");
        }
        String key = assignment.substring(add ? 1 : 0, equals);
        boolean known = find(root, key) != null || RecipeSettings.SHORTCUTS.containsKey(key);
        if (!add && !known) {
            throw BitgrainException.usage(assignment + ": the recipe has no '" + key + "'; +" + assignment + " adds it");
        }
        return put(root, key, SettingsText.value(assignment.substring(equals + 1), key));
    }

    private static Mapping put(Mapping root, String path, SettingsText value) {
        int dot = path.indexOf('.');
        String head = dot < 0 ? path : path.substring(0, dot);
        SettingsText inner = root.entries().get(head);
        Mapping below = inner instanceof Mapping mapping ? mapping : new Mapping(value.where(), Map.of(), Map.of());
        SettingsText now = dot < 0 ? value : put(below, path.substring(dot + 1), value);
        Map<String, SettingsText> entries = new LinkedHashMap<>(root.entries());
        Map<String, String> places = new LinkedHashMap<>(root.keyPlaces());
        entries.put(head, now);
        places.putIfAbsent(head, value.where());
        return new Mapping(root.where(), entries, places);
    }

    private static Mapping shortcuts(Mapping root) {
        Mapping result = root;
        for (Map.Entry<String, List<String>> shortcut : RecipeSettings.SHORTCUTS.entrySet()) {
            SettingsText value = root.entries().get(shortcut.getKey());
            if (value instanceof Scalar scalar && scalar.text() != null) {
                for (String path : shortcut.getValue()) {
                    result = put(result, path, value);
                }
            }
            result = without(result, shortcut.getKey());
        }
        return result;
    }

    private static SettingsText find(SettingsText from, String path) {
        SettingsText at = from;
        for (String key : path.split("\\.")) {
            at = at instanceof Mapping mapping ? mapping.entries().get(key) : null;
        }
        return at;
    }

    private static SettingsText resolve(SettingsText value, Mapping root, String path) {
        return switch (value) {
            case Mapping mapping -> {
                Map<String, SettingsText> entries = new LinkedHashMap<>();
                mapping.entries().forEach((key, inner) -> {
                    String at = path.isEmpty() ? key : path + "." + key;
                    SettingsText resolved = resolve(inner, root, at);
                    // Nothing is said: the default holds; calibration counts its batches then by samples.
                    boolean empty = resolved instanceof Scalar scalar && scalar.text() == null;
                    if (!empty) {
                        entries.put(key, resolved);
                    } else if (key.equals("num_calib_batches")) {
                        entries.put(key, new Scalar(resolved.where(), "0"));
                    }
                });
                yield new Mapping(mapping.where(), entries, mapping.keyPlaces());
            }
            case Sequence sequence -> new Sequence(sequence.where(), sequence.items().stream().map(item -> resolve(item, root, path)).toList());
            case Scalar scalar -> scalar(scalar, root, path);
        };
    }

    private static SettingsText scalar(Scalar scalar, Mapping root, String path) {
        String text = scalar.text();
        for (int depth = 0; text != null && text.contains("${"); depth++) {
            Matcher inner = INNERMOST.matcher(text);
            if (depth > DEEPEST || !inner.find()) {
                throw BitgrainException.badInput(scalar.where() + ": " + path + ": '" + scalar.text() + "' cannot be resolved");
            }
            SettingsText found = expression(inner.group(1), root, scalar, path);
            if (inner.start() == 0 && inner.end() == text.length() && !(found instanceof Scalar)) {
                return resolve(found, root, path);
            }
            if (found instanceof Sequence && !inner.group(1).contains(":")) {
                // A list inside a resolver goes by its path.
                text = text.substring(0, inner.start()) + inner.group(1) + text.substring(inner.end());
                continue;
            }
            if (!(found instanceof Scalar part)) {
                throw BitgrainException.badInput(scalar.where() + ": " + path + ": '" + inner.group() + "' is no single value");
            }
            text = text.substring(0, inner.start()) + (part.text() == null ? "" : part.text()) + text.substring(inner.end());
        }
        if ("???".equals(text)) {
            throw BitgrainException.badInput(scalar.where() + ": " + path + " must be given, for example on the command line: " + path + "=VALUE");
        }
        return new Scalar(scalar.where(), text);
    }

    private static SettingsText expression(String expression, Mapping root, Scalar from, String path) {
        int colon = expression.indexOf(':');
        if (colon < 0) {
            SettingsText found = find(root, expression.strip());
            if (found == null) {
                throw BitgrainException.badInput(from.where() + ": " + path + " refers to '" + expression + "', which the recipe does not have");
            }
            return found;
        }
        String[] arguments = expression.substring(colon + 1).split(",");
        String resolver = expression.substring(0, colon).strip();
        try {
            String result = switch (resolver) {
                case "add" -> number(sum(arguments));
                case "mul" -> number(product(arguments));
                case "div" -> number(Double.parseDouble(arguments[0].strip()) / Double.parseDouble(arguments[1].strip()));
                case "cond" -> Boolean.parseBoolean(arguments[0].strip()) ? arguments[1].strip() : arguments[2].strip();
                case "getitem" -> items(arguments[0], root).get(Integer.parseInt(arguments[1].strip()));
                case "first" -> items(arguments[0], root).getFirst();
                case "last" -> items(arguments[0], root).getLast();
                case "len" -> Integer.toString(items(arguments[0], root).size());
                default -> throw BitgrainException.badInput(from.where() + ": " + path + ": there is no resolver '" + resolver + "'");
            };
            return new Scalar(from.where(), result);
        } catch (IndexOutOfBoundsException | NumberFormatException | java.util.NoSuchElementException e) {
            throw BitgrainException.badInput(from.where() + ": " + path + ": '" + expression + "' cannot be computed");
        }
    }

    private static double sum(String[] arguments) {
        double sum = 0;
        for (String argument : arguments) {
            sum += Double.parseDouble(argument.strip());
        }
        return sum;
    }

    private static double product(String[] arguments) {
        double product = 1;
        for (String argument : arguments) {
            product *= Double.parseDouble(argument.strip());
        }
        return product;
    }

    private static String number(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e15 ? Long.toString((long) value) : Double.toString(value);
    }

    /** The items of the list that an argument names by its path. */
    private static List<String> items(String path, Mapping root) {
        if (!(find(root, path.strip()) instanceof Sequence sequence)) {
            throw new java.util.NoSuchElementException(path);
        }
        return sequence.items().stream().map(item -> item instanceof Scalar scalar ? scalar.text() : "").toList();
    }

    /** The recipe as maps, lists, numbers, truth values and words. */
    public Map<String, Object> tree() {
        @SuppressWarnings("unchecked")
        Map<String, Object> tree = (Map<String, Object>) plain(root);
        return tree;
    }

    private static Object plain(SettingsText value) {
        return switch (value) {
            case Mapping mapping -> {
                Map<String, Object> map = new LinkedHashMap<>();
                mapping.entries().forEach((key, inner) -> map.put(key, plain(inner)));
                yield map;
            }
            case Sequence sequence -> new ArrayList<>(sequence.items().stream().map(Recipe::plain).toList());
            case Scalar scalar -> word(scalar.text());
        };
    }

    private static Object word(String text) {
        if (text == null || text.equals("true") || text.equals("false")) {
            return text == null ? "" : Boolean.valueOf(text);
        }
        try {
            return text.matches("[-+]?\\d{1,9}") ? (Object) Integer.valueOf(text) : text.matches("[-+]?[\\d.]+([eE][-+]?\\d+)?") ? Double.valueOf(text) : text;
        } catch (NumberFormatException e) {
            return text;
        }
    }

    private static SettingsText text(Object value, String where) {
        return switch (value) {
            case Map<?, ?> map -> {
                Map<String, SettingsText> entries = new LinkedHashMap<>();
                Map<String, String> places = new LinkedHashMap<>();
                map.forEach((key, inner) -> {
                    entries.put(key.toString(), text(inner, where));
                    places.put(key.toString(), where);
                });
                yield new Mapping(where, entries, places);
            }
            case List<?> list -> new Sequence(where, list.stream().map(item -> text(item, where)).toList());
            default -> new Scalar(where, value.toString());
        };
    }

    /**
     * The recipe, checked: every name is known, every value of the right kind.
     *
     * @throws BitgrainException (usage) with file, line and column
     */
    public RecipeSettings settings() {
        return new SettingsBinder<>(RecipeSettings.DEFAULTS, Map.of(), Map.of("kl", "entropy")).text(root).settings();
    }
}
