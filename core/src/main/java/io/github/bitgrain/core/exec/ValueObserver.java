package io.github.bitgrain.core.exec;

/** Looks at values as they are made. */
@FunctionalInterface
public interface ValueObserver {
    /** Called after the value was made, in execution order; the view is valid during the call only. */
    void observe(ValueView value);
}
