package io.github.bitgrain.cli.settings;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.cli.settings.QuantizationSettings.Algorithm;
import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.quantizer.Profile;
import io.github.bitgrain.quantizer.tqt.TqtSetting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QuantizationSettingsTest {
    @TempDir
    Path folder;

    private final SettingsBinder<QuantizationSettings> binder = QuantizationSettings.binder(Profile.PARITY);

    @Test
    void aSettingAsEspPpqDumpsItIsUnderstood() throws IOException {
        Path file = Files.writeString(folder.resolve("setting.json"), """
                {"version": "0.6.6", "signature": "", "dispatcher": "allin", "tqt_optimization": true,
                 "tqt_optimization_setting": {"interested_layers": ["/conv1/Conv"], "lr": 1e-4, "collecting_device": "cpu",
                   "steps": 300, "is_scale_trainable": true, "gamma": 0.0, "block_size": 2, "int_lambda": 0.25},
                 "quantize_activation_setting": {"calib_algorithm": "percentile"},
                 "quantize_parameter_setting": {"calib_algorithm": null, "quantize_passive_parameter": true},
                 "lsq_optimization": false, "lsq_optimization_setting": {"interested_layers": [], "lr": 1e-5},
                 "fusion_setting": {"fuse_activation": true, "align_elementwise_to": "Align to Output"},
                 "dispatching_table": {"/conv2/Conv": 554, "/fc/Gemm": 16}}
                """);
        QuantizationSettings settings = binder.file(file).settings();
        assertTrue(settings.tqtOptimization());
        assertEquals(300, settings.tqtOptimizationSetting().steps());
        assertEquals(1e-4, settings.tqtOptimizationSetting().lr());
        assertEquals(List.of("/conv1/Conv"), settings.tqtOptimizationSetting().interestedLayers());
        assertEquals(TqtSetting.Collecting.MEMORY, settings.tqtOptimizationSetting().collecting());
        assertEquals(Algorithm.PERCENTILE, settings.quantizeActivationSetting().calibAlgorithm());
        assertEquals(Map.of("/conv2/Conv", 16, "/fc/Gemm", 16), settings.bitsByOperator());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "tqt_optimization_setting.steps=0 | --set tqt_optimization_setting.steps: tqt_optimization_setting.steps: 0",
        "lsq_optimization=true | lsq_optimization: comes with a later version",
        "fusion=false | fusion: cannot be switched off",
        "fusion_setting.align_concat_to=None | fusion_setting.align_concat_to: 'None' is not supported; only 'Align to Output' is",
        "dispatching_table.conv=7 | dispatching_table.conv: 7 is neither 8, 16, nor 0 (float)",
        "quantize_activation_setting.calib_algorithm=isotone | is one of kl, percentile, minmax, mse, not 'isotone'",
        "tqt_optimization_settings.steps=5 | unknown setting 'tqt_optimization_settings'; did you mean 'tqt_optimization_setting'?",
        "dispatcher=conservative | dispatcher: 'conservative' is not supported",
    })
    void whatIsNotSupportedIsRefusedByName(String assignment, String reason) {
        BitgrainException e = assertThrows(BitgrainException.class, () -> binder.set(assignment.strip()));
        assertEquals(BitgrainException.Kind.USAGE, e.kind());
        assertTrue(e.getMessage().contains(reason.strip()), e.getMessage());
    }
}
