package io.github.bitgrain.cli.settings;

import io.github.bitgrain.cli.console.Nearest;
import io.github.bitgrain.cli.settings.SettingsText.Mapping;
import io.github.bitgrain.cli.settings.SettingsText.Scalar;
import io.github.bitgrain.cli.settings.SettingsText.Sequence;
import io.github.bitgrain.core.BitgrainException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Changes a record of settings, which may hold further records, by what files and options say. A setting's name is the
 * component's in lower case with underscores ({@code blockSize}: {@code block_size}), unless a name is given; dots lead into
 * inner records: {@code tqt_optimization_setting.steps}.
 *
 * @param <T> the record; public, as are its inner records
 */
public final class SettingsBinder<T extends Record> {
    private static final String SET = "--set ";

    private final Map<String, String> names;
    private final Map<String, String> words;
    private T settings;

    /**
     * @param defaults settings before any change
     * @param names names that differ from the rule: {@code RecordName.component} → name
     * @param words other words for constants of enumerations
     */
    public SettingsBinder(T defaults, Map<String, String> names, Map<String, String> words) {
        this.settings = defaults;
        this.names = Map.copyOf(names);
        this.words = Map.copyOf(words);
    }

    /** A binder with the same settings, whose changes do not show here. */
    public SettingsBinder<T> copy() {
        return new SettingsBinder<>(settings, names, words);
    }

    /** The settings with all changes so far. */
    public T settings() {
        return settings;
    }

    /**
     * Takes over a YAML or JSON file.
     *
     * @throws BitgrainException with line and column: bad input if it cannot be parsed, usage for an unknown name or a wrong value
     */
    public SettingsBinder<T> file(Path file) {
        return file(file, Map.of());
    }

    /**
     * Takes over a file that may also tell options of the command line, as the settings in a model do.
     *
     * @param options their names with underscores, and their values, which the file must have too; null: any will do
     * @throws BitgrainException as {@link #file(Path)}, and (usage) if an option has another value
     */
    public SettingsBinder<T> file(Path file, Map<String, ?> options) {
        Mapping text = SettingsText.file(file);
        Map<String, SettingsText> entries = new LinkedHashMap<>(text.entries());
        options.forEach((name, value) -> {
            if (entries.remove(name) instanceof Scalar scalar && value != null && !String.valueOf(value).equals(scalar.text())) {
                String option = "--" + name.replace('_', '-');
                throw BitgrainException.usage(scalar.where() + ": " + name + " is " + scalar.text() + " here and " + value + " on the command line; give "
                        + (scalar.text().equals("true") ? option : option + " " + scalar.text()) + ", or take the line out");
            }
        });
        settings = change(settings, new Mapping(text.where(), entries, text.keyPlaces()), "");
        return this;
    }

    /** Takes over a text that was read or composed before; errors as {@link #file}. */
    SettingsBinder<T> text(SettingsText.Mapping text) {
        settings = change(settings, text, "");
        return this;
    }

    /**
     * Takes over an assignment {@code NAME=VALUE}.
     *
     * @throws BitgrainException (usage) for an unknown name or a wrong value
     */
    public SettingsBinder<T> set(String assignment) {
        int equals = assignment.indexOf('=');
        if (equals < 1) {
            throw BitgrainException.usage("--set " + assignment + ": write --set NAME=VALUE, for example --set "
                    + "tqt_optimization_setting.steps=500");
        }
        return set(assignment.substring(0, equals), assignment.substring(equals + 1));
    }

    /**
     * Takes over one value; the name may hold any sign.
     *
     * @throws BitgrainException (usage) for an unknown name or a wrong value
     */
    public SettingsBinder<T> set(String name, String text) {
        String where = SET + name;
        SettingsText value;
        try {
            value = SettingsText.value(text, where);
        } catch (BitgrainException e) {
            throw BitgrainException.usage(e.getMessage());
        }
        settings = change(settings, nested(settings.getClass(), name, value, where), "");
        return this;
    }

    /** Settings as a tree of maps, lists, numbers, words and truth values, for JSON; empty maps and words are left out. */
    public Map<String, Object> tree() {
        return tree(settings);
    }

    private Map<String, Object> tree(Record record) {
        Map<String, Object> tree = new LinkedHashMap<>();
        for (RecordComponent component : record.getClass().getRecordComponents()) {
            Object value = get(record, component);
            if (value instanceof Map<?, ?> map && map.isEmpty() || "".equals(value)) {
                continue;
            }
            tree.put(nameOf(component), switch (value) {
                case Record inner -> tree(inner);
                case Enum<?> word -> word(word);
                case null, default -> value;
            });
        }
        return tree;
    }

    /** {@code a.b.c = value} as nested mappings; below a map component the rest of the name is one key, dots and all. */
    private Mapping nested(Class<?> type, String name, SettingsText value, String where) {
        int dot = name.indexOf('.');
        String head = dot < 0 ? name : name.substring(0, dot);
        SettingsText inner = value;
        if (dot >= 0) {
            RecordComponent component = component(type, head, where, "");
            String rest = name.substring(dot + 1);
            if (component.getType().isRecord()) {
                inner = nested(component.getType(), rest, value, where);
            } else if (component.getType() == Map.class) {
                inner = new Mapping(where, Map.of(rest, value), Map.of(rest, where));
            } else {
                throw BitgrainException.usage(where + ": " + head + " is a single value, without a dot behind it");
            }
        }
        return new Mapping(where, Map.of(head, inner), Map.of(head, where));
    }

    private <R extends Record> R change(R record, Mapping changes, String prefix) {
        Map<RecordComponent, SettingsText> given = new LinkedHashMap<>();
        changes.entries().forEach((name, value) ->
                given.put(component(record.getClass(), name, changes.keyPlaces().get(name), prefix), value));
        List<Object> values = new ArrayList<>();
        for (RecordComponent component : record.getClass().getRecordComponents()) {
            Object old = get(record, component);
            SettingsText text = given.entrySet().stream()
                    .filter(e -> e.getKey().getName().equals(component.getName()))
                    .map(Map.Entry::getValue).findFirst().orElse(null);
            String name = prefix + nameOf(component);
            values.add(text == null ? old : value(component.getGenericType(), old, text, name));
        }
        @SuppressWarnings("unchecked")
        R changed = (R) construct(record.getClass(), values, changes.where());
        return changed;
    }

    private Object value(Type type, Object old, SettingsText text, String name) {
        if (type instanceof ParameterizedType generic && generic.getRawType() == List.class) {
            if (!(text instanceof Sequence sequence)) {
                throw wrong(text, name, "a list, for example [a, b]");
            }
            return sequence.items().stream().map(item -> value(generic.getActualTypeArguments()[0], null, item, name)).toList();
        }
        if (type instanceof ParameterizedType generic && generic.getRawType() == Map.class) {
            if (!(text instanceof Mapping mapping)) {
                throw wrong(text, name, "pairs of a name and a value");
            }
            Map<String, Object> merged = new LinkedHashMap<>();
            ((Map<?, ?>) old).forEach((key, value) -> merged.put((String) key, value));
            mapping.entries().forEach((key, item) ->
                    merged.put(key, value(generic.getActualTypeArguments()[1], null, item, name + "." + key)));
            return merged;
        }
        if (old instanceof Record inner) {
            if (!(text instanceof Mapping mapping)) {
                throw wrong(text, name, "settings of its own: " + names(inner.getClass()));
            }
            return change(inner, mapping, name + ".");
        }
        return type == Object.class ? anything(text) : scalar((Class<?>) type, text, name);
    }

    /** What is kept without being understood: words, lists and mappings. */
    private static Object anything(SettingsText text) {
        return switch (text) {
            case Scalar scalar -> scalar.text() == null ? "None" : scalar.text();
            case Sequence sequence -> sequence.items().stream().map(SettingsBinder::anything).toList();
            case Mapping mapping -> {
                Map<String, Object> entries = new LinkedHashMap<>();
                mapping.entries().forEach((key, value) -> entries.put(key, anything(value)));
                yield entries;
            }
        };
    }

    private Object scalar(Class<?> type, SettingsText text, String name) {
        String word = text instanceof Scalar scalar ? scalar.text() : null;
        if (type.isEnum()) {
            String known = word == null ? "" : words.getOrDefault(word, word.replace('-', '_'));
            for (Object constant : type.getEnumConstants()) {
                if (word((Enum<?>) constant).equalsIgnoreCase(known)) {
                    return constant;
                }
            }
            throw wrong(text, name, "one of " + Arrays.stream(type.getEnumConstants())
                    .map(c -> word((Enum<?>) c)).collect(Collectors.joining(", ")));
        }
        try {
            if (word != null) {
                if (type == boolean.class && (word.equalsIgnoreCase("true") || word.equalsIgnoreCase("false"))) {
                    return Boolean.valueOf(word.toLowerCase(Locale.ROOT));
                } else if (type == int.class || type == Integer.class) {
                    return Integer.valueOf(word);
                } else if (type == long.class) {
                    return Long.valueOf(word);
                } else if (type == double.class || type == Double.class) {
                    return Double.valueOf(word);
                } else if (type == String.class) {
                    return word;
                }
            }
        } catch (NumberFormatException e) {
            throw wrong(text, name, expectation(type));
        }
        throw wrong(text, name, expectation(type));
    }

    private static String expectation(Class<?> type) {
        if (type == boolean.class) {
            return "true or false";
        }
        if (type == String.class) {
            return "a word";
        }
        return type == double.class || type == Double.class ? "a number" : "a whole number";
    }

    private static BitgrainException wrong(SettingsText text, String name, String expectation) {
        String found = switch (text) {
            case Mapping mapping -> "a mapping";
            case Sequence sequence -> "a list";
            case Scalar scalar -> scalar.text() == null ? "nothing" : "'" + scalar.text() + "'";
        };
        return BitgrainException.usage(placed(text.where(), name + " is " + expectation + ", not " + found));
    }

    /** A message behind its place; a name that an option has given already does not stand there twice. */
    private static String placed(String where, String message) {
        String set = where.startsWith(SET) ? where.substring(SET.length()) : "";
        boolean named = !set.isEmpty() && (message.startsWith(set + " ") || message.startsWith(set + ":"));
        return named ? SET + message : where + ": " + message;
    }

    private RecordComponent component(Class<?> type, String name, String where, String prefix) {
        List<String> known = new ArrayList<>();
        for (RecordComponent component : type.getRecordComponents()) {
            known.add(nameOf(component));
            if (nameOf(component).equals(name)) {
                return component;
            }
        }
        throw BitgrainException.usage(where + ": unknown setting '" + prefix + name + "'"
                + Nearest.to(name, known).map(near -> "; did you mean '" + prefix + near + "'?")
                        .orElse("; known: " + String.join(", ", known)));
    }

    private String names(Class<?> type) {
        return Arrays.stream(type.getRecordComponents()).map(this::nameOf).collect(Collectors.joining(", "));
    }

    private String nameOf(RecordComponent component) {
        String given = names.get(component.getDeclaringRecord().getSimpleName() + "." + component.getName());
        return given != null ? given : component.getName().replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT);
    }

    private static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    private static Object get(Record record, RecordComponent component) {
        try {
            return component.getAccessor().invoke(record);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Object construct(Class<?> type, List<Object> values, String where) {
        Class<?>[] types = Arrays.stream(type.getRecordComponents()).map(RecordComponent::getType).toArray(Class<?>[]::new);
        try {
            return type.getDeclaredConstructor(types).newInstance(values.toArray());
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof BitgrainException refused) {
                throw BitgrainException.usage(placed(where, refused.getMessage()));
            }
            throw new IllegalStateException(e.getCause());
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }
}
