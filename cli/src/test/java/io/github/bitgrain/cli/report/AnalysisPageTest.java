package io.github.bitgrain.cli.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.bitgrain.cli.inspect.Inspection;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class AnalysisPageTest {
    private static final Pattern DATA = Pattern.compile("<script type=\"application/json\" id=\"data\">(.*?)</script>", Pattern.DOTALL);

    private static Sensitivity.Layer layer(String name, int place, int bits, double alone, double in16Bits, Double milliseconds) {
        return new Sensitivity.Layer(name, "Conv", place, bits, 0.02, 0.99, 1e-3, alone, alone / 2, alone / 4, 0.5 * in16Bits, in16Bits, 1234, 56_789, 0.25, milliseconds);
    }

    private static String page(String layer, Double milliseconds, int bits) {
        Sensitivity.Latency latency = new Sensitivity.Latency(1e6, milliseconds, 0.125, milliseconds,
                List.of(new Sensitivity.Other("add", "Add", 8, 0, 2048, 0.125, milliseconds), new Sensitivity.Other("relu", "Relu", 8, 0, 4096, 0, milliseconds)));
        TensorFigures tensor = new TensorFigures("</script><b>", layer, TensorFigures.Role.PARAMETER, 8, List.of(-4, -4), 1, -8, 7.9375, -9, 3, -1.5, 2, 1e-4, 5.5,
                100, 2, false, -9, 3, new long[] {2, 98});
        Sensitivity sensitivity = new Sensitivity(32, 0.01, latency, List.of(layer(layer, 2, bits, 0.008, 0.0095, milliseconds), layer("other", 1, bits, 0.001, 0.004, milliseconds)),
                List.of(tensor), null);
        Inspection program = new Inspection("", "esp32s3", "net", 5, Map.of(), 1000, 2048, 30_000, 1024, List.of(), List.of(), 0, Map.of(), List.of(), List.of());
        return AnalysisPage.of(new Analysis("m.onnx", "esp32s3", bits, "improved", program, sensitivity, List.of("the data look <odd>"), Map.of("bias_correct", true)));
    }

    @Test
    void theFirstSentencesSayWhatMatters() {
        String page = page("conv", 12.5, 8).replace('\u00a0', ' ');
        assertTrue(page.contains("With everything quantized, noise is 1.00 % of the signal at the outputs. The most sensitive layer is conv, alone 0.800 %. "
                + "On these samples 16 bits for other would leave least, 0.400 %; at 8 bits it takes 25.0 % of the time. 1 of 1 tensors clip some of their values."), page);
        // What has 16 bits cannot gain by them.
        assertFalse(page("conv", 12.5, 16).contains("would leave least"));
    }

    @Test
    void figuresWarningsAndSettingsAreThere() {
        String page = page("conv", 12.5, 8);
        assertTrue(page.contains("<small>everything quantized</small><b>1.00 %</b><small class=\"warn\">"), page);
        assertTrue(page.contains("<b>12.5 ms</b>") && page.contains("<b>3.0 KiB</b><small>2.0 parameters + 1.0 values in flight</small>"), page);
        assertTrue(page.contains("<li>the data look &lt;odd&gt;</li>") && page.contains("&quot;bias_correct&quot; : true"), page);
        // Only what is clearly less than the whole is marked: .95 of it is not.
        assertTrue(page.contains("class=\"number good\" data-value=\"4.000000e-03\">0.400 %") && page.contains("class=\"number\" data-value=\"9.500000e-03\">0.950 %"), page);
    }

    @Test
    void nodesThatTakeTimeAreListedAndOthersCounted() {
        String page = page("conv", 12.5, 8);
        assertTrue(page.contains("<th scope=\"row\">add</th>") && !page.contains("<th scope=\"row\">relu</th>") && page.contains("1 more take no time"), page);
    }

    @Test
    void withoutPublishedLatencyOperationsAreTold() {
        String page = page("conv", null, 8);
        assertTrue(page.contains("<b>1,000,000</b><small>vector operations</small>") && page.contains("data-value=\"\">–</td>") && !page.contains(" ms</b>"), page);
    }

    @Test
    void namesOfAModelCannotBecomeMarkupAndTheDataOfTheChartsAreJson() throws Exception {
        String page = page("<script>alert('x')</script>", 1.0, 8);
        assertFalse(page.contains("<script>alert") || page.contains("</script><b>"));
        Matcher data = DATA.matcher(page);
        assertTrue(data.find());
        JsonNode json = new ObjectMapper().readTree(data.group(1));
        assertEquals("<script>alert('x')</script>", json.at("/layers/0/n").asText());
        assertEquals(0.0095, json.at("/layers/0/wide").asDouble());
        assertEquals(0.01, json.at("/whole").asDouble());
        assertEquals("</script><b>", json.at("/tensors/0/n").asText());
    }

    @Test
    void nothingIsFetched() {
        String page = page("conv", 12.5, 8);
        assertTrue(page.contains("content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'\""));
        assertFalse(page.contains("url(") || page.matches("(?s).*<[^>]*(src|href)=\"[^#].*"));
    }
}
