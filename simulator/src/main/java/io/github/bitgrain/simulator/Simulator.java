package io.github.bitgrain.simulator;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.quant.Exponents;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.simulator.kernel.ChipArithmetic;
import io.github.bitgrain.simulator.kernel.ChipKernel;
import io.github.bitgrain.simulator.kernel.ChipKernels;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Runs a program as the kernels of a chip would, bit for bit. Parameters are unpacked once; memory is reused from run to
 * run. One simulator serves one thread; several may share a program.
 */
public final class Simulator {
    /** Sees every value right after its node has run. */
    @FunctionalInterface
    public interface Observer {
        /** Called for each output of each node, in execution order; the buffer is valid during the call only. */
        void computed(ChipNode node, String value, ChipBuffer buffer);

        /** Both, this one first. */
        default Observer andThen(Observer other) {
            return (node, value, buffer) -> {
                computed(node, value, buffer);
                other.computed(node, value, buffer);
            };
        }
    }

    /**
     * A node, ready to run.
     *
     * @param last values that no later node reads
     */
    private record Step(ChipNode node, ChipKernel kernel, ChipBuffer[] inputs, ChipBuffer[] outputs, List<ChipBuffer> last) {}

    private static final Observer NOBODY = (node, value, buffer) -> {};

    private final ChipProgram program;
    private final Target target;
    private final Map<String, ChipBuffer> values = new LinkedHashMap<>();
    private final List<Step> steps = new ArrayList<>();
    /** The steps where nobody observes values: nodes are done with the one whose result they alone read, where that one can. */
    private final List<Step> joined = new ArrayList<>();
    /** Values whose memory is not reused. */
    private final Set<String> keptValues = new HashSet<>();
    private Observer observer = NOBODY;

    /**
     * Prepares a program.
     *
     * @throws BitgrainException (bad input) naming the node that cannot run on the target, and why
     */
    public Simulator(ChipProgram program, Target target) {
        this.program = Objects.requireNonNull(program, "program");
        this.target = Objects.requireNonNull(target, "target");
        ChipMemory memory = new ChipMemory(program.values().values().stream().mapToLong(ChipBuffer::wholeCount).sum());
        program.values().forEach((name, value) -> values.put(name, new ChipBuffer(value.type(), value.exponent(), memory)));
        keptValues.addAll(program.inputs());
        keptValues.addAll(program.outputs());
        program.testOutputs().forEach(tensor -> keptValues.add(tensor.name()));
        Map<String, ChipBuffer> parameters = new LinkedHashMap<>();
        List<List<ChipBuffer>> lasts = lastReads(place());
        for (ChipNode node : program.nodes()) {
            ChipKernel kernel = guarded(node, () -> ChipKernels.prepare(node, program, target));
            ChipBuffer[] inputs = guarded(node,
                    () -> node.inputs().stream().map(name -> operand(name, parameters)).toArray(ChipBuffer[]::new));
            ChipBuffer[] outputs = node.outputs().stream().map(values::get).toArray(ChipBuffer[]::new);
            steps.add(new Step(node, kernel, inputs, outputs, lasts.get(steps.size())));
        }
        join();
    }

    /** Tells values that need no place of their own where they are to lie. */
    private Joining place() {
        Joining joining = Joining.of(program, keptValues);
        joining.joined().forEach((name, at) -> values.get(name).joinInto(values.get(at.whole()), program.channels(at.whole()), at.channel(),
                program.channels(name)));
        joining.apart().forEach((name, at) -> values.get(name).mayLieIn(values.get(at.whole())));
        return joining;
    }

    /** For every node the values that nobody reads after it, nor what lies in them. */
    private List<List<ChipBuffer>> lastReads(Joining joining) {
        Map<String, Integer> lastReaders = new LinkedHashMap<>();
        List<List<ChipBuffer>> lasts = new ArrayList<>();
        for (ChipNode node : program.nodes()) {
            Stream.concat(node.inputs().stream(), node.outputs().stream()).forEach(name -> lastReaders.put(name, lasts.size()));
            lasts.add(new ArrayList<>());
        }
        joining.extend(lastReaders);
        lastReaders.forEach((name, at) -> {
            if (values.containsKey(name) && !keptValues.contains(name)) {
                lasts.get(at).add(values.get(name));
            }
        });
        return lasts;
    }

    private void join() {
        for (int i = 0; i < steps.size(); i++) {
            Step step = steps.get(i);
            Step both = i + 1 < steps.size() ? joined(step, steps.get(i + 1)) : null;
            joined.add(both == null ? step : both);
            i += both == null ? 0 : 1;
        }
    }

    /** Both steps as one; null where the second is not the only reader of the first one's value, or the first cannot do its work. */
    private static Step joined(Step step, Step next) {
        if (step.outputs.length != 1 || next.inputs.length == 0 || next.inputs[0] != step.outputs[0] || !next.last.contains(step.outputs[0])) {
            return null;
        }
        ChipKernel kernel = step.kernel.joined(next.kernel);
        List<ChipBuffer> last = new ArrayList<>(step.last);
        next.last.stream().filter(value -> value != step.outputs[0]).forEach(last::add);
        return kernel == null ? null : new Step(step.node, kernel, step.inputs, next.outputs, last);
    }

    /**
     * Does one node's work. Kernels trust the operands and attributes that lowering gives a node; those of a damaged file
     * need not fit together, and then show here, whatever they trip over first.
     */
    static <T> T guarded(ChipNode node, Supplier<T> work) {
        return guarded(describe(node), node.name(), work);
    }

    private static <T> T guarded(String place, String name, Supplier<T> work) {
        try {
            return work.get();
        } catch (BitgrainException e) {
            boolean named = e.getMessage().contains("\"" + name + "\"");
            throw named ? e : new BitgrainException(e.kind(), place + e.getMessage(), e);
        } catch (ArithmeticException | IndexOutOfBoundsException | NullPointerException | NegativeArraySizeException
                | IllegalArgumentException | IllegalStateException | ArrayStoreException | ClassCastException e) {
            throw new BitgrainException(BitgrainException.Kind.BAD_INPUT, place
                    + "its operands and attributes do not fit together (" + e.getMessage() + "); export the model again", e);
        }
    }

    private static String describe(ChipNode node) {
        return "node \"" + node.name() + "\" (" + node.opType() + "): ";
    }

    private ChipBuffer operand(String name, Map<String, ChipBuffer> parameters) {
        if (name.isEmpty()) {
            return null;
        }
        ChipTensor parameter = program.parameters().get(name);
        if (parameter == null) {
            return values.get(name);
        }
        // 64-bit biases and per-channel weights are read by their kernels; no kernel takes them as a value.
        boolean isValue = parameter.type() != ElementType.INT64 && parameter.exponents().count() == 1;
        return isValue ? parameters.computeIfAbsent(name, key -> ChipBuffer.of(parameter)) : null;
    }

    /** The program. */
    public ChipProgram program() {
        return program;
    }

    /** The chip family. */
    public Target target() {
        return target;
    }

    /** Has every node output shown to {@code newObserver} from now on. */
    public void observe(Observer newObserver) {
        observer = Objects.requireNonNull(newObserver, "observer");
    }

    /**
     * The buffer of a value: fill it (graph inputs, before {@link #run()}) or read it (graph inputs and outputs, after). Values
     * in between share memory; {@link #observe} sees them.
     *
     * @throws IllegalArgumentException for a name that the program does not have, or a value in between
     */
    public ChipBuffer value(String name) {
        ChipBuffer buffer = values.get(name);
        if (buffer == null) {
            throw new IllegalArgumentException("the program has no value " + name);
        }
        if (!keptValues.contains(name)) {
            throw new IllegalArgumentException("value " + name + " is neither input nor output of the program; observe it");
        }
        return buffer;
    }

    /** The operands that a node reads, null where one is omitted or only its kernel reads it. */
    ChipBuffer[] operands(ChipNode node) {
        for (Step step : steps) {
            if (step.node == node) {
                return step.inputs;
            }
        }
        throw new IllegalArgumentException("the program has no node " + node.name());
    }

    /** Sets a graph input to integers in the chip's order; the shape is the file's. */
    public void setInput(String name, int[] integers) {
        ChipBuffer buffer = shaped(name, integers.length);
        System.arraycopy(integers, 0, buffer.ints(), 0, buffer.count());
    }

    /** Sets a graph input to reals in the chip's order, quantized as the chip does when a user assigns floats. */
    public void setInput(String name, float[] reals) {
        ChipBuffer buffer = shaped(name, reals.length);
        if (buffer.isFloat()) {
            System.arraycopy(reals, 0, buffer.floats(), 0, buffer.count());
            return;
        }
        float rescale = guarded("input \"" + name + "\": ", name, () -> ChipArithmetic.rescale(buffer.exponent()));
        for (int i = 0; i < reals.length; i++) {
            buffer.ints()[i] = ChipArithmetic.quantize(reals[i] * rescale, buffer.bits(), target);
        }
    }

    /** Sets a graph input to a tensor of its type and exponent. */
    public void setInput(ChipTensor tensor) {
        ChipBuffer buffer = value(tensor.name());
        boolean sameExponent = buffer.isFloat() || tensor.exponents().equals(Exponents.of(buffer.exponent()));
        if (tensor.type() != buffer.type() || !sameExponent) {
            throw BitgrainException.badInput("input \"" + tensor.name() + "\" is " + tensor.type() + " with exponent " + tensor.exponents()
                    + "; the program takes " + buffer.type() + " with exponent " + buffer.exponent());
        }
        ChipBuffer given = guarded("input \"" + tensor.name() + "\": ", tensor.name(), () -> ChipBuffer.of(tensor));
        buffer.reshape(given.shape());
        buffer.copyFrom(given, 0, 0, given.count());
    }

    private ChipBuffer shaped(String name, int count) {
        ChipBuffer buffer = value(name);
        ChipValue stated = program.value(name);
        if (stated.count() != count) {
            throw BitgrainException.badInput("input \"" + name + "\" has " + count + " elements; the program takes " + stated.shape());
        }
        return guarded("input \"" + name + "\": ", name, () -> {
            buffer.reshape(stated.shape().stream().mapToInt(Integer::intValue).toArray());
            return buffer;
        });
    }

    /** Whether a run depends on the runs before it: the program has a StreamingCache. */
    public boolean isStateful() {
        return steps.stream().anyMatch(step -> step.kernel.isStateful());
    }

    /** Forgets earlier runs: streaming caches hold zeros again, as after the model was loaded. */
    public void reset() {
        steps.forEach(step -> step.kernel.reset());
    }

    /** Runs all nodes on the inputs as they are set; streaming caches go on from the run before. */
    public void run() {
        program.inputs().forEach(name -> values.get(name).forgetWholes());
        for (Step step : observer == NOBODY ? joined : steps) {
            guarded(step.node, () -> {
                step.kernel.run(step.inputs, step.outputs);
                return step;
            });
            for (int i = 0; i < step.outputs.length; i++) {
                if (step.outputs[i] != null) {
                    observer.computed(step.node, step.node.outputs().get(i), step.outputs[i]);
                }
            }
            step.last.forEach(ChipBuffer::release);
        }
    }

    /** Sets all inputs, runs, and returns copies of the graph outputs in the program's order. */
    public List<ChipTensor> run(List<ChipTensor> inputs) {
        inputs.forEach(this::setInput);
        run();
        return program.outputs().stream().map(name -> value(name).toTensor(name)).toList();
    }
}
