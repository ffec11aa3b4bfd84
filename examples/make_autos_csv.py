"""Writes a used-cars CSV: 371,528 rows of 20 columns in Latin-1, shaped like the public data set of that size
(columns, distinct values, empty fields, odd prices and years), but all made up. The same seed gives the same
file on every machine.

    python make_autos_csv.py OUT.csv [ROWS]
"""
import csv
import datetime
import math
import os
import random
import sys
from itertools import accumulate

ROWS = 371_528
SEED = 20160305

HEADER = ("dateCrawled name seller offerType price abtest vehicleType yearOfRegistration gearbox powerPS model kilometer "
          "monthOfRegistration fuelType brand notRepairedDamage dateCreated nrOfPictures postalCode lastSeen").split()

# brand: share in thousandths, price of a new car in thousands, models, the first being the most frequent
BRANDS = """
volkswagen 216 24 golf polo passat transporter touran lupo andere sharan caddy beetle
opel 107 19 corsa astra vectra zafira omega meriva andere insignia tigra
bmw 107 36 3er 5er 1er x_reihe 7er z_reihe andere
mercedes_benz 94 38 c_klasse e_klasse a_klasse andere clk m_klasse slk vito
audi 85 36 a4 a3 a6 andere 80 a5 tt a8
ford 68 19 focus fiesta mondeo ka galaxy andere kuga transit
renault 49 17 twingo clio megane scenic laguna andere kangoo
peugeot 31 17 2_reihe 3_reihe 1_reihe andere 4_reihe
fiat 27 14 punto andere 500 stilo panda seicento ducato
seat 19 18 ibiza leon arosa altea cordoba alhambra
mazda 16 21 3_reihe 6_reihe andere mx_reihe 5_reihe
skoda 15 20 octavia fabia superb andere roomster
smart 14 13 fortwo forfour roadster andere
citroen 14 17 andere c3 berlingo c5 c4 c2
nissan 13 19 micra andere almera qashqai primera
toyota 13 22 yaris andere corolla avensis rav aygo
hyundai 10 18 i_reihe andere santa getz tucson
sonstige_autos 10 42
mini 9 24 cooper one clubman andere
volvo 9 33 andere v40 v70 xc_reihe c_reihe
mitsubishi 8 21 colt andere carisma lancer
honda 8 21 civic cr_reihe andere jazz accord
kia 7 18 andere sorento picanto carnival sportage
suzuki 6 17 andere swift grand jimny
alfa_romeo 6 24 147 156 andere spider 159
porsche 6 92 911 cayenne boxster andere
chevrolet 5 19 andere matiz captiva aveo
chrysler 4 25 voyager andere ptcruiser 300c
dacia 2 11 sandero logan duster
daihatsu 2 13 cuore terios sirion andere
jeep 2 38 grand cherokee wrangler andere
land_rover 2 46 freelander defender discovery range_rover
subaru 2 24 legacy justy impreza forester
jaguar 2 48 andere s_type x_type
daewoo 1.5 12 matiz kalos andere nubira
saab 1.5 30 andere 900 9000
trabant 1.5 4 601 andere
lancia 1.3 19 ypsilon delta lybra andere
rover 1.3 18 andere rangerover
lada 0.6 10 niva andere kalina
"""
EXTRAS = ("TÜV_neu Klima Navi Leder AHK 8_fach_bereift Scheckheft Xenon top_Zustand sehr_gepflegt 1.Hand Unfallwagen "
          "Bastlerfahrzeug Automatik Facelift Sport Comfortline Highline Trendline Standheizung SHZ PDC Euro_4 Euro_5 "
          "grüne_Plakette Allrad M_Paket S_line Coupé Tausch_möglich VB Festpreis Garagenwagen Nichtraucher "
          "Winterräder Alufelgen Getriebeschaden Motorschaden fahrbereit Rückfahrkamera Schiebedach günstig").split()
KILOMETERS = {150000: 648, 125000: 104, 100000: 45, 90000: 35, 80000: 30, 70000: 23, 60000: 24, 50000: 20, 40000: 15,
              30000: 16, 20000: 16, 10000: 5, 5000: 20}
POWERS = {0: 109, 45: 12, 54: 20, 60: 60, 75: 90, 90: 60, 101: 50, 105: 55, 116: 55, 125: 40, 136: 40, 140: 60, 150: 65, 163: 35,
          170: 45, 184: 22, 190: 16, 204: 20, 231: 20, 272: 10, 306: 8, 420: 3, 14009: 0.01}


class Chooser:
    """Draws from weighted values; '' stands for an empty field."""

    def __init__(self, source, weights):
        self.source = source
        self.values = list(weights)
        self.totals = list(accumulate(weights.values()))

    def draw(self, n):
        return self.source.choices(self.values, cum_weights=self.totals, k=n)


def read_brands():
    brands = {}
    for line in BRANDS.split("\n"):
        if line:
            name, share, price, *models = line.split()
            brands[name] = (float(share), 1000 * float(price), models)
    return brands


def rows_of(n, source):
    """The rows, drawn column by column in parts of 10,000."""
    brands = read_brands()
    choose = {
        "brand": Chooser(source, {name: share for name, (share, _, _) in brands.items()}),
        "seller": Chooser(source, {"privat": 99999, "gewerblich": 1}),
        "offer": Chooser(source, {"Angebot": 99997, "Gesuch": 3}),
        "abtest": Chooser(source, {"test": 518, "control": 482}),
        "vehicle": Chooser(source, {"limousine": 255, "kleinwagen": 215, "kombi": 182, "bus": 83, "cabrio": 63, "coupe": 50,
                                    "suv": 41, "andere": 9, "": 102}),
        "gearbox": Chooser(source, {"manuell": 739, "automatik": 207, "": 54}),
        "power": Chooser(source, POWERS),
        "kilometer": Chooser(source, KILOMETERS),
        "month": Chooser(source, {0: 99, 1: 65, 2: 60, 3: 101, 4: 79, 5: 84, 6: 87, 7: 80, 8: 64, 9: 71, 10: 73, 11: 67, 12: 70}),
        "fuel": Chooser(source, {"benzin": 601, "diesel": 293, "lpg": 14, "cng": 2, "hybrid": 1, "elektro": 0.5, "andere": 0.3,
                                 "": 88}),
        "damage": Chooser(source, {"nein": 704, "ja": 99, "": 197}),
    }
    postal_codes = [f"{code}" for code in source.sample(range(1067, 99999), 8150)]
    days = [str(datetime.date(2016, 3, 5) + datetime.timedelta(day)) for day in range(-40, 34)]
    clock = [f"{s // 3600:02}:{s // 60 % 60:02}:{s % 60:02}" for s in range(86400)]
    for start in range(0, n, 10_000):
        part = min(10_000, n - start)
        drawn = {name: chooser.draw(part) for name, chooser in choose.items()}
        columns = zip(*drawn.values(), source.choices(postal_codes, k=part))
        for brand, seller, offer, abtest, vehicle, gearbox, power, kilometer, month, fuel, damage, postal in columns:
            models = brands[brand][2]
            model = models[min(int(source.expovariate(0.55)), len(models) - 1)] if models else ""
            year = min(max(int(source.gauss(2003.5, 6.5)), 1955), 2018)
            crawled = 40 + int(source.random() ** 1.2 * 33)
            seen = min(crawled + int(source.expovariate(0.1)), 73)
            created = crawled if source.random() < 0.97 else crawled - source.randrange(1, 40)
            yield (f"{days[crawled]} {clock[int(source.betavariate(4, 2.5) * 86399)]}", name_of(source, brand, model),
                   seller, offer, price_of(source, brands[brand][1], year, kilometer), abtest, vehicle,
                   year if source.random() > 0.0004 else source.choice((1000, 1234, 5000, 9999)), gearbox, power,
                   model if source.random() > 0.03 else "", kilometer, month, fuel, brand, damage,
                   f"{days[created]} 00:00:00", 0, postal, f"{days[seen]} {clock[source.randrange(86400)]}")


def name_of(source, brand, model):
    """The heading of an advertisement."""
    parts = [brand.title(), model.title()] if model else [brand.title()]
    parts.append(str(source.randrange(10, 40) / 10))
    parts += source.choices(EXTRAS, k=int(source.random() * 5))
    name = "_".join(parts)
    return f'{name},_"{source.choice(EXTRAS)}"' if source.random() < 0.02 else name


def price_of(source, new, year, kilometer):
    """By age and mileage, in the steps that people like; some free, some nonsense."""
    chance = source.random()
    if chance < 0.029:
        return 0
    if chance < 0.0292:
        return source.choice((999999, 1234566, 11111111, 12345678, 99999999, 2147483647))
    price = new * math.exp(-0.13 * max(2016 - year, 0) - kilometer / 400_000 + source.gauss(0.1, 0.45))
    step = 50 if price < 5000 else 100
    return max(int(price / step) * step - (source.random() < 0.2), 1)


def write(path, n=ROWS):
    """Writes the file; what stands at `path` is complete at any time."""
    part = f"{path}.part"
    with open(part, "w", encoding="latin-1", newline="", buffering=1 << 20) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADER)
        writer.writerows(rows_of(n, random.Random(SEED)))
    os.replace(part, path)


if __name__ == "__main__":
    if not 2 <= len(sys.argv) <= 3:
        sys.exit(__doc__)
    write(sys.argv[1], int(sys.argv[2]) if len(sys.argv) == 3 else ROWS)
