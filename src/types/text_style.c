#include "types/text_style.h"
#include "types/timezone.h"
#include <string.h>

void hy_text_style_init(HyTextStyle *style)
{
    memset(style, 0, sizeof *style);
    style->date_order = HY_DATE_MDY;
    style->date_lenient = true;
    style->interval_style = HY_INTERVAL_ISO_8601;
    style->time_zone = hy_time_zone_utc();
    memcpy(style->lc_time, "en_us", sizeof "en_us");
    style->first_day_of_week = 7;
    style->minimal_days_in_first_week = 1;
}
