package io.github.bitgrain.quantizer.nn;

/**
 * A place where a skipping tensor meets another (SuperGradients: modules/skip_connections.py). It computes nothing; quantization
 * replaces it by one quantizer. The kinds differ as keys of a selection only.
 */
public abstract sealed class SkipMarker extends Module {
    SkipMarker() {}

    @Override
    public String build(NetworkBuilder builder, String x) {
        return x;
    }

    /** Inside a block. */
    public static final class Residual extends SkipMarker {
        /** A marker. */
        public Residual() {}
    }

    /** Between blocks. */
    public static final class SkipConnection extends SkipMarker {
        /** A marker. */
        public SkipConnection() {}
    }

    /** Between blocks of the backbone. */
    public static final class BackboneInternalSkipConnection extends SkipMarker {
        /** A marker. */
        public BackboneInternalSkipConnection() {}
    }

    /** Between blocks of the head. */
    public static final class HeadInternalSkipConnection extends SkipMarker {
        /** A marker. */
        public HeadInternalSkipConnection() {}
    }

    /** From backbone to head. */
    public static final class CrossModelSkipConnection extends SkipMarker {
        /** A marker. */
        public CrossModelSkipConnection() {}
    }
}
