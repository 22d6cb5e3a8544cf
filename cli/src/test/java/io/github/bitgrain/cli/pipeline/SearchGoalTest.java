package io.github.bitgrain.cli.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class SearchGoalTest {
    private static List<String> names(SearchGoal goal, boolean tqt, boolean equalizable, boolean padded) {
        return goal.attempts(tqt, equalizable, padded).stream().map(Attempt::name).toList();
    }

    @Test
    void padsAreTriedBefore16BitsWhereTheyHelpAndTheBudgetHasRoom() {
        assertEquals(List.of("calibrated", "equalized", "trained", "trained, ranges shifted behind Pads", "16 bits within 1.05x", "16 bits within 1.05x, trained"),
                names(new SearchGoal(0.5, 1.05), false, true, true));
        assertEquals(List.of("calibrated", "equalized", "trained", "16 bits within 1.05x", "16 bits within 1.05x, trained"),
                names(new SearchGoal(0.5, 1.05), false, true, false));
        assertEquals(List.of("trained"), names(new SearchGoal(0.5, 1), true, true, true));
        assertEquals(List.of("calibrated", "trained"), names(new SearchGoal(0.5, 1), false, false, false));
    }

    @Test
    void aSlowerModelThanTheBudgetIsNotAllowed() {
        assertTrue(new SearchGoal(0.5, 1.1).allows(1.1));
        assertFalse(new SearchGoal(0.5, 1.1).allows(1.101));
    }
}
