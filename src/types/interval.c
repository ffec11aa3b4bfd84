#include "types/interval.h"
#include "types/datetime.h"
#include "types/numeric.h"
#include <math.h>

int hy_interval_compare(HyInterval a, HyInterval b)
{
    if (a.months != b.months)
        return a.months < b.months ? -1 : 1;
    if (a.days != b.days)
        return a.days < b.days ? -1 : 1;
    return (a.micros > b.micros) - (a.micros < b.micros);
}

bool hy_interval_add(HyInterval a, HyInterval b, HyInterval *out)
{
    return !__builtin_add_overflow(a.months, b.months, &out->months) &&
           !__builtin_add_overflow(a.days, b.days, &out->days) &&
           !__builtin_add_overflow(a.micros, b.micros, &out->micros);
}

bool hy_interval_sub(HyInterval a, HyInterval b, HyInterval *out)
{
    return !__builtin_sub_overflow(a.months, b.months, &out->months) &&
           !__builtin_sub_overflow(a.days, b.days, &out->days) &&
           !__builtin_sub_overflow(a.micros, b.micros, &out->micros);
}

bool hy_interval_negate(HyInterval a, HyInterval *out)
{
    return hy_interval_sub((HyInterval){0}, a, out);
}

/* Rounds away the noise that the spilling of fractions brings: to microseconds of the unit. */
static double snap(double fraction)
{
    return rint(fraction * 1000000.0) / 1000000.0;
}

bool hy_interval_mul(HyInterval a, double factor, HyInterval *out)
{
    double months = a.months * factor;
    double days = a.days * factor;
    double micros = (double)a.micros * factor;
    if (!(fabs(months) < 2147483647.0 && fabs(days) < 2147483647.0 && fabs(micros) < 9.2e18))
        return false;
    double whole_months = trunc(months), whole_days = trunc(days);
    double spill_days = snap((months - whole_months) * 30);
    double spill_seconds = snap((days - whole_days + spill_days - trunc(spill_days)) * 86400);
    double all_days = whole_days + trunc(spill_days);
    if (fabs(spill_seconds) >= 86400) {
        all_days += trunc(spill_seconds / 86400);
        spill_seconds -= trunc(spill_seconds / 86400) * 86400;
    }
    double all_micros = rint(micros + spill_seconds * 1000000);
    if (!(fabs(all_days) < 2147483647.0 && fabs(all_micros) < 9.2e18))
        return false;
    *out = (HyInterval){
        .months = (int32_t)whole_months, .days = (int32_t)all_days, .micros = (int64_t)all_micros};
    return true;
}

/* What is left of x is exact; the quotient of the rest is whole. */
static double divide_whole(double x, double divisor, double *left)
{
    *left = fmod(x, divisor);
    return rint((x - *left) / divisor);
}

bool hy_interval_div(HyInterval a, double divisor, HyInterval *out)
{
    double left_months, left_spilled, left_days;
    double months = divide_whole(a.months, divisor, &left_months);
    double days = divide_whole(left_months * 30, divisor, &left_spilled);
    days += divide_whole(a.days, divisor, &left_days);
    double spill = rint((left_spilled + left_days) / divisor * (double)HY_MICROS_PER_DAY);
    double more_days = trunc(spill / (double)HY_MICROS_PER_DAY);
    days += more_days;
    spill -= more_days * (double)HY_MICROS_PER_DAY;
    double micros = rint((double)a.micros / divisor + spill);
    if (!(fabs(months) < 2147483647.0 && fabs(days) < 2147483647.0 && fabs(micros) < 9.2e18))
        return false;
    *out =
        (HyInterval){.months = (int32_t)months, .days = (int32_t)days, .micros = (int64_t)micros};
    return true;
}
