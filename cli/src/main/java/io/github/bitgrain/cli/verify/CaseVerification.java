package io.github.bitgrain.cli.verify;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.simulator.ChipTensor;
import io.github.bitgrain.simulator.Simulator;
import io.github.bitgrain.simulator.TestVectors;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What the simulator makes of a file of operator cases; also the JSON of {@code verify --cases}.
 *
 * @param bitExact whether every case gives the chip's outputs
 * @param cases number of cases
 * @param failed number of cases that differ or are refused
 * @param operators operator → number of cases, and how many of them failed
 * @param failures the failed cases, in the file's order
 */
public record CaseVerification(
        boolean bitExact, int cases, int failed, Map<String, Count> operators, List<Failure> failures) {
    /** Cases of one operator. */
    public record Count(int cases, int failed) {
        private Count plus(boolean success) {
            return new Count(cases + 1, failed + (success ? 0 : 1));
        }
    }

    /** A case that failed. */
    public record Failure(String id, String reason) {}

    /**
     * Runs all cases of a file, one JSON object a line; it is read line by line. Integers must be identical, floats
     * within 1e-6 relative.
     *
     * @throws BitgrainException (bad input) naming the line, if the file cannot be read or a line is no case
     */
    public static CaseVerification of(Path file) {
        ObjectMapper mapper = new ObjectMapper();
        Map<String, Count> operators = new TreeMap<>();
        List<Failure> failures = new ArrayList<>();
        int cases = 0;
        int number = 0;
        try (BufferedReader lines = Files.newBufferedReader(file)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                number++;
                if (line.isBlank()) {
                    continue;
                }
                OperatorCase each = parse(mapper, line, file + ": line " + number + ": ");
                cases++;
                String reason = failure(each);
                operators.merge(each.op(), new Count(0, 0).plus(reason.isEmpty()), (all, one) -> all.plus(reason.isEmpty()));
                if (!reason.isEmpty()) {
                    failures.add(new Failure(each.id(), reason));
                }
            }
        } catch (CharacterCodingException e) {
            throw BitgrainException.badInput(file + ": line " + (number + 1) + ": is not UTF-8 text");
        } catch (IOException e) {
            throw BitgrainException.badInput(file + ": cannot be read: " + e.getMessage());
        }
        if (cases == 0) {
            throw BitgrainException.badInput(file + ": holds no cases");
        }
        return new CaseVerification(failures.isEmpty(), cases, failures.size(), operators, failures);
    }

    private static OperatorCase parse(ObjectMapper mapper, String line, String place) {
        try {
            JsonNode json = mapper.readTree(line);
            return OperatorCase.of(json);
        } catch (JsonProcessingException e) {
            throw BitgrainException.badInput(place + "is no JSON object: " + e.getOriginalMessage());
        } catch (BitgrainException e) {
            throw BitgrainException.badInput(place + e.getMessage());
        } catch (IllegalArgumentException | IndexOutOfBoundsException | ArithmeticException | java.util.NoSuchElementException e) {
            // Base64, element type or extents that do not fit: each of these tells what is wrong.
            throw BitgrainException.badInput(place + e.getMessage());
        }
    }

    /** Why a case fails, empty if it does not. */
    private static String failure(OperatorCase operatorCase) {
        List<ChipTensor> outputs;
        try {
            outputs = new Simulator(operatorCase.program(), operatorCase.target()).run(operatorCase.inputs());
        } catch (BitgrainException e) {
            return e.getMessage();
        }
        for (int i = 0; i < outputs.size(); i++) {
            ChipTensor expected = operatorCase.outputs().get(i);
            ChipTensor computed = outputs.get(i);
            if (!expected.dims().equals(computed.dims())) {
                return expected.name() + ": shape " + computed.dims() + ", the chip's is " + expected.dims();
            }
            TestVectors.Comparison comparison = TestVectors.compare(expected, computed);
            if (!comparison.isExact()) {
                return expected.name() + ": " + comparison.text();
            }
        }
        return "";
    }
}
