package io.github.bitgrain.cli.settings;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.github.bitgrain.core.BitgrainException;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** A value of a settings text with the place where it stands: YAML, or JSON, which is YAML. */
sealed interface SettingsText {
    /** The place for messages: {@code file:line:column} or the option. */
    String where();

    /** A mapping, in the order of the text. */
    record Mapping(String where, Map<String, SettingsText> entries, Map<String, String> keyPlaces) implements SettingsText {}

    /** A list. */
    record Sequence(String where, List<SettingsText> items) implements SettingsText {}

    /** A word, number or truth value, as written; null where the text says nothing or null. */
    record Scalar(String where, String text) implements SettingsText {}

    /**
     * Reads a settings file.
     *
     * @throws BitgrainException (bad input) with line and column
     */
    static Mapping file(Path file) {
        String text;
        try {
            text = Files.readString(file);
        } catch (MalformedInputException e) {
            throw BitgrainException.badInput(file + ": not a text in UTF-8");
        } catch (IOException e) {
            throw BitgrainException.badInput(file + (Files.exists(file) ? ": cannot be read" : ": no such file"));
        }
        boolean json = file.toString().toLowerCase(Locale.ROOT).endsWith(".json");
        SettingsText value = new Reader(json ? new JsonFactory() : new YAMLFactory(), file.toString(), true).read(text);
        if (value instanceof Mapping mapping) {
            return mapping;
        }
        throw BitgrainException.badInput(file + ": settings are pairs of a name and a value, for example 'tqt_optimization: true'");
    }

    /** Reads the value of an option such as {@code --set}, in YAML's short form: {@code 5}, {@code [a, b]}, {@code {a: 1}}. */
    static SettingsText value(String text, String where) {
        return new Reader(new YAMLFactory(), where, false).read(text);
    }

    /** Turns parser events into values that know their places. */
    final class Reader {
        private final JsonFactory factory;
        private final String source;
        private final boolean places;

        private Reader(JsonFactory factory, String source, boolean places) {
            this.factory = factory;
            this.source = source;
            this.places = places;
            factory.configure(StreamReadFeature.STRICT_DUPLICATE_DETECTION.mappedFeature(), true);
        }

        private SettingsText read(String text) {
            try (JsonParser parser = factory.createParser(text)) {
                if (parser.nextToken() == null) {
                    return new Scalar(source, null);
                }
                SettingsText value = value(parser);
                if (parser.nextToken() != null) {
                    throw BitgrainException.badInput(place(parser.currentTokenLocation()) + ": a second document begins here");
                }
                return value;
            } catch (JsonProcessingException e) {
                // YAML messages quote the text between their sentences, indented.
                throw BitgrainException.badInput(place(e.getLocation()) + ": " + e.getOriginalMessage().lines()
                        .filter(line -> !line.isBlank() && !line.startsWith(" ")).collect(Collectors.joining(": ")));
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        }

        private SettingsText value(JsonParser parser) throws IOException {
            String where = place(parser.currentTokenLocation());
            JsonToken token = parser.currentToken();
            if (token == JsonToken.START_OBJECT) {
                Map<String, SettingsText> entries = new LinkedHashMap<>();
                Map<String, String> keyPlaces = new LinkedHashMap<>();
                while (parser.nextToken() != JsonToken.END_OBJECT) {
                    String key = parser.currentName();
                    keyPlaces.put(key, place(parser.currentTokenLocation()));
                    parser.nextToken();
                    entries.put(key, value(parser));
                }
                return new Mapping(where, entries, keyPlaces);
            }
            if (token == JsonToken.START_ARRAY) {
                List<SettingsText> items = new ArrayList<>();
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    items.add(value(parser));
                }
                return new Sequence(where, items);
            }
            return new Scalar(where, token == JsonToken.VALUE_NULL ? null : parser.getText());
        }

        private String place(JsonLocation location) {
            return places && location != null ? source + ":" + location.getLineNr() + ":" + location.getColumnNr() : source;
        }
    }
}
