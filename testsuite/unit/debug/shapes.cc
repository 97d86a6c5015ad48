/* Names and types of C++ for test-debug-facts.c. */
namespace geo {
struct base { int tag; virtual ~base() {} };
struct other { long more; };
class shape : public base, public other {
public:
	int width, height;
	enum kind { ROUND, FLAT = 4 };
	kind sort : 4;
	static int count;
	__attribute__((noinline)) int area(int scale) const;
	template <class T> __attribute__((noinline)) T grow(T by)
	{
		width += (int)by;
		return by;
	}
};
int shape::count = 3;
__attribute__((noinline)) int shape::area(int scale) const
{
	return width * height * scale;
}
namespace {
int hidden = 5;
__attribute__((noinline)) int secret(int value) { return value + hidden; }
}
}

__attribute__((noinline)) static int twice(int a) { return a * 2; }
__attribute__((noinline)) static int twice(double a) { return (int)(a * 2); }
__attribute__((noinline)) static int look(const geo::shape &by_reference)
{
	return by_reference.width;
}

int main(int argc, char **)
{
	geo::shape box;

	box.width = argc;
	box.height = 2;
	box.sort = geo::shape::FLAT;
	return box.area(3) + box.grow(1) + (int)box.grow(2.5) + look(box) +
	       geo::secret(argc) + twice(argc) + twice(1.5 * argc);
}
