package io.github.bitgrain.cli.settings;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
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

    /** All of {@code espdl_setting()} as ESP-PPQ 1.3.5 writes it; esp-ppq: api/setting.py. */
    @Test
    void everyGroupThatEspPpqDumpsIsReadAndWrittenAgain() throws IOException {
        Path file = Files.writeString(folder.resolve("espdl.json"), """
                {"dispatcher": "allin",
                 "graph_format_setting": {"format_constant_op": true, "fuse_conv_bn": true, "fuse_swish": true, "format_paramters": true,
                   "format_cast": true, "delete_isolate": true},
                 "ssd_equalization": false, "ssd_setting": {"opt_level": 1, "channel_ratio": 0.5, "loss_threshold": 0.8, "layer_norm": false, "iteration": 3},
                 "equalization": true, "equalization_setting": {"opt_level": 2, "iterations": 4, "value_threshold": 0.4, "including_bias": true,
                   "bias_multiplier": 0.5, "including_act": true, "act_multiplier": 0.25, "interested_layers": []},
                 "weight_split": true, "weight_split_setting": {"interested_layers": ["a"], "value_threshold": 2.0, "method": "balance"},
                 "channel_split": false, "channel_split_setting": {"opt_level": 1, "iterations": 10, "value_threshold": 0.5, "including_bias": false,
                   "bias_multiplier": 0.5, "including_act": false, "act_multiplier": 0.5, "interested_layers": []},
                 "matrix_factorization": false, "matrix_factorization_setting": {"interested_layers": [], "method": "svd"},
                 "quantize_activation": true, "quantize_activation_setting": {"calib_algorithm": "kl"},
                 "quant_config_modify": false, "quant_config_modify_setting": {"custom_config": {}},
                 "quantize_parameter": true, "quantize_parameter_setting": {"calib_algorithm": null, "quantize_passive_parameter": true,
                   "clip_visiblity": 2, "pad_visiblity": 2, "baking_parameter": false},
                 "lsq_optimization": false, "lsq_optimization_setting": {"interested_layers": [], "lr": 1e-05, "collecting_device": "cuda",
                   "steps": 500, "is_scale_trainable": true, "gamma": 0.0, "block_size": 4},
                 "tqt_optimization": true, "tqt_optimization_setting": {"interested_layers": [], "lr": 1e-05, "collecting_device": "cpu",
                   "steps": 500, "is_scale_trainable": true, "gamma": 0.0, "block_size": 4, "int_lambda": 0.25},
                 "blockwise_reconstruction": false, "blockwise_reconstruction_setting": {"interested_layers": [], "is_scale_trainable": false,
                   "lr": 0.001, "steps": 5000, "gamma": 1.0, "collecting_device": "cuda", "block_size": 4},
                 "bias_correct": false, "bias_correct_setting": {"interested_layers": [], "block_size": 4, "steps": 32, "collecting_device": "executor"},
                 "fusion": true, "fusion_setting": {"remove_useless_quantization": true, "fuse_activation": true, "fuse_passive_op": true,
                   "align_quantization": true, "align_avgpooling_to": "None", "align_elementwise_to": "Align to Output",
                   "align_concat_to": "Align to Output", "align_resize_to": "Align to Output", "force_alignment_overlap": false},
                 "extension": false, "extension_setting": {"my_first_parameter": "This Parameter just shows you how to create your own parameter."},
                 "convtranspose_decomposition": true, "version": "0.6.6", "signature": "PPL Quantization Tool",
                 "dispatching_table": {"intro_0": "Dispatching Table is a str -> TargetPlatform dictionary.", "intro_1": "any", "intro_2": "any",
                   "attention": "All operation names that can not be found with your graph will be ignored.",
                   "dispatchings": {"YOUR OEPRATION NAME": "TARGET PLATFORM(INT)", "FP32 OPERATION NAME": 0, "SOI OPERATION NAME": -1,
                     "DSP INT8 OPERATION NAME": 61, "TRT INT8 OPERATION NAME": 101, "NXP INT8 OPERATION NAME": 102,
                     "PPL INT8 OPERATION NAME": 201, "/conv": 552, "/fc": 556}}}
                """);
        QuantizationSettings settings = binder.file(file).settings();
        assertEquals(Map.of("/conv", 16, "/fc", 16), settings.bitsByOperator());
        assertTrue(settings.equalizationSetting().includingAct());
        assertEquals(List.of("a"), settings.weightPasses().weightSplit().interestedLayers());
        Path written = Files.writeString(folder.resolve("again.json"), new ObjectMapper().writeValueAsString(binder.tree()));
        assertEquals(settings, QuantizationSettings.binder(Profile.PARITY).file(written).settings());
    }

    @Test
    void lsqTrainsAsTqtWithFixedScales() {
        binder.set("lsq_optimization=true").set("lsq_optimization_setting.steps=7").set("lsq_optimization_setting.block_size=2");
        assertTrue(binder.settings().trains());
        TqtSetting training = binder.settings().training();
        assertEquals(7, training.steps());
        assertEquals(2, training.blockSize());
        assertEquals(1e-5, training.lr());
        assertEquals(false, training.scaleTrainable());
        assertThrows(BitgrainException.class, () -> binder.set("tqt_optimization=true"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "tqt_optimization_setting.steps=0 | --set tqt_optimization_setting.steps: 0.0 is not at least 1.0",
        "blockwise_reconstruction_setting.gamma=-1 | blockwise_reconstruction_setting.gamma: -1.0 is not at least 0.0",
        "bias_correct_setting.steps=0 | bias_correct_setting.steps: 0.0 is not at least 1.0",
        "bias_correct_setting.hold_out=1 | bias_correct_setting.hold_out: 1.0 leaves no sample to train on",
        "ssd_setting.opt_level=2 | ssd_setting.opt_level: 2 is not 1",
        "ssd_setting.loss_threshold=1.5 | ssd_setting.loss_threshold: 1.5 is not above 0 and at most 1",
        "matrix_factorization=true | matrix_factorization: is not supported, switch it off; ESP-PPQ has removed it",
        "extension=true | extension: is not supported, switch it off; it is a template",
        "fusion_setting.align_contact_to=None | unknown setting 'fusion_setting.align_contact_to'; did you mean 'align_concat_to'?",
        "ssd_setting.iterations=3 | unknown setting 'ssd_setting.iterations'; did you mean 'ssd_setting.iteration'?",
        "bias_correct_setting.step=3 | unknown setting 'bias_correct_setting.step'; did you mean 'bias_correct_setting.steps'?",
        "lsq_optimization_setting.stepz=3 | unknown setting 'lsq_optimization_setting.stepz'; did you mean 'lsq_optimization_setting.steps'?",
        "weight_split_setting.method=all | weight_split_setting.method is one of balance, random, not 'all'",
        "weight_split_setting.value_threshold=-1 | weight_split_setting.value_threshold: -1.0 is not at least 0",
        "channel_split_setting.opt_level=3 | channel_split_setting.opt_level: 3 is neither 1 nor 2",
        "channel_split_setting.including_act=true | channel_split_setting.including_act: is not supported",
        "quantize_activation=false | quantize_activation: cannot be switched off",
        "convtranspose_decomposition=false | convtranspose_decomposition: cannot be switched off",
        "graph_format_setting.fuse_swish=false | graph_format_setting.fuse_swish: 'false' is not supported; only 'true' is",
        "quantize_parameter_setting.calib_algorithm=mse | quantize_parameter_setting.calib_algorithm: 'mse' is not supported; only 'None' is",
        "fusion=false | fusion: cannot be switched off",
        "fusion_setting.align_concat_to=None | fusion_setting.align_concat_to: 'None' is not supported; only 'Align to Output' is",
        "dispatching_table.conv=7 | dispatching_table.conv: 7 is neither 8, 16, nor 0 (float)",
        "quantize_activation_setting.calib_algorithm=constant | is one of kl, percentile, minmax, mse, isotone, not 'constant'",
        "tqt_optimization_settings.steps=5 | unknown setting 'tqt_optimization_settings'; did you mean 'tqt_optimization_setting'?",
        "dispatcher=pointwise | dispatcher: 'pointwise' is not supported: it fails in ESP-PPQ itself",
        "dispatcher=pplnn | dispatcher: 'pplnn' is not supported: it is made for another runtime",
        "dispatcher=aggresive | dispatcher: 'aggresive' is not supported: it also quantizes operators that have no quantization",
        "dispatcher=perseus | dispatcher: 'perseus' is not supported: it tells apart what computes shapes",
        "dispatcher=all | dispatcher: 'all' is unknown; use allin or conservative",
    })
    void whatIsNotSupportedIsRefusedByName(String assignment, String reason) {
        BitgrainException e = assertThrows(BitgrainException.class, () -> binder.set(assignment.strip()));
        assertEquals(BitgrainException.Kind.USAGE, e.kind());
        assertTrue(e.getMessage().contains(reason.strip()), e.getMessage());
    }
}
