#pragma once

/* Assertions that stay on in release builds: they guard invariants, never input from outside. */

_Noreturn void check_failed(const char *expression, const char *file, int line);

#define CHECK(condition) ((condition) ? (void)0 : check_failed(#condition, __FILE__, __LINE__))
