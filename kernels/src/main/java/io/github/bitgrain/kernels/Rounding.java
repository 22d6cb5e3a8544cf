package io.github.bitgrain.kernels;

/**
 * Rounding of a real number to an integer. The definitions are ESP-PPQ's for tensors; {@link #HALF_EVEN} is what the
 * ESP32-P4 does, {@link #HALF_UP} what the ESP32-S3 and the plain C kernels do. Everything that rounds in Bitgrain rounds
 * here.
 */
public enum Rounding {
    /** To the nearest integer, ties to the even one. */
    HALF_EVEN {
        @Override
        public float round(float x) {
            return (float) Math.rint(x);
        }

        @Override
        public double round(double x) {
            return Math.rint(x);
        }
    },
    /** {@code floor(x + 0.5)}: ties upwards. */
    HALF_UP {
        @Override
        public float round(float x) {
            return (float) Math.floor(x + 0.5f);
        }

        @Override
        public double round(double x) {
            return Math.floor(x + 0.5);
        }
    },
    /** {@code ceil(x - 0.5)}: ties downwards. */
    HALF_DOWN {
        @Override
        public float round(float x) {
            return (float) Math.ceil(x - 0.5f);
        }

        @Override
        public double round(double x) {
            return Math.ceil(x - 0.5);
        }
    },
    /** To the nearest integer, ties towards zero. */
    HALF_TOWARDS_ZERO {
        @Override
        public float round(float x) {
            return Math.signum(x) * (float) Math.ceil(Math.abs(x) - 0.5f);
        }

        @Override
        public double round(double x) {
            return Math.signum(x) * Math.ceil(Math.abs(x) - 0.5);
        }
    },
    /** To the nearest integer, ties away from zero. */
    HALF_FAR_FROM_ZERO {
        @Override
        public float round(float x) {
            return Math.signum(x) * (float) Math.floor(Math.abs(x) + 0.5f);
        }

        @Override
        public double round(double x) {
            return Math.signum(x) * Math.floor(Math.abs(x) + 0.5);
        }
    },
    /** Towards positive infinity. */
    UP {
        @Override
        public float round(float x) {
            return (float) Math.ceil(x);
        }

        @Override
        public double round(double x) {
            return Math.ceil(x);
        }
    },
    /** Towards negative infinity. */
    DOWN {
        @Override
        public float round(float x) {
            return (float) Math.floor(x);
        }

        @Override
        public double round(double x) {
            return Math.floor(x);
        }
    };

    /**
     * Rounds in single precision: {@code x + 0.5f} is itself rounded to a float, so that the largest float below 0.5 goes
     * up under {@link #HALF_UP}, as in the reference.
     */
    public abstract float round(float x);

    /** Rounds in double precision. */
    public abstract double round(double x);
}
