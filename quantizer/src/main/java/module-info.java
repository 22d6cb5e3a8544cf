/** Graph passes, observers, calibration, plan passes, TQT, error analysis. */
module io.github.bitgrain.quantizer {
    requires transitive io.github.bitgrain.simulator;

    exports io.github.bitgrain.quantizer.equalize;
    exports io.github.bitgrain.quantizer.tqt;
}
