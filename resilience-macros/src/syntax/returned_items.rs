//! Return types that produce their items later, one by one.

use syn::punctuated::Punctuated;
use syn::{GenericArgument, PathArguments, PathSegment, Token, Type, TypeParamBound};

/// The method of `CircuitBreaker` that guards such a type: an `impl` or `dyn` iterator or stream, also boxed.
pub(super) fn guard_of(ty: &Type) -> Option<&'static str> {
    match ty {
        Type::ImplTrait(ty) => guard_of_bounds(&ty.bounds),
        Type::TraitObject(ty) => guard_of_bounds(&ty.bounds),
        Type::Group(ty) => guard_of(&ty.elem),
        Type::Paren(ty) => guard_of(&ty.elem),
        Type::Reference(ty) => guard_of(&ty.elem),
        Type::Path(path) => guard_of_pointer(path.path.segments.last()?),
        _ => None,
    }
}

fn guard_of_bounds(bounds: &Punctuated<TypeParamBound, Token![+]>) -> Option<&'static str> {
    bounds.iter().find_map(|bound| {
        let TypeParamBound::Trait(bound) = bound else { return None };
        match bound.path.segments.last()?.ident.to_string().as_str() {
            "Iterator" | "DoubleEndedIterator" | "ExactSizeIterator" | "FusedIterator" | "IntoIterator" => {
                Some("guard_iter")
            }
            "Stream" | "FusedStream" | "TryStream" => Some("guard_stream"),
            _ => None,
        }
    })
}

fn guard_of_pointer(last: &PathSegment) -> Option<&'static str> {
    match last.ident.to_string().as_str() {
        "BoxStream" | "LocalBoxStream" => Some("guard_stream"),
        "Box" | "Pin" | "Rc" | "Arc" => {
            let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
            arguments.args.iter().find_map(|argument| match argument {
                GenericArgument::Type(ty) => guard_of(ty),
                _ => None,
            })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iterators_and_streams_are_recognized_behind_any_pointer_and_results_are_not() {
        let guard_of = |ty: &str| guard_of(&syn::parse_str(ty).expect("a type"));
        for ty in [
            "impl Iterator<Item = u8>",
            "impl Send + std::iter::DoubleEndedIterator<Item = u8> + 'a",
            "Box<dyn Iterator<Item = u8> + Send + '_>",
            "&mut dyn Iterator<Item = u8>",
            "impl IntoIterator<Item = u8>",
        ] {
            assert_eq!(guard_of(ty), Some("guard_iter"), "{ty}");
        }
        for ty in [
            "impl futures::Stream<Item = u8>",
            "Pin<Box<dyn Stream<Item = u8> + Send>>",
            "BoxStream<'static, u8>",
            "std::pin::Pin<Box<impl TryStream>>",
        ] {
            assert_eq!(guard_of(ty), Some("guard_stream"), "{ty}");
        }
        for ty in [
            "Result<impl Iterator<Item = u8>, E>",
            "io::Result<BoxStream<'static, u8>>",
            "Vec<Box<dyn Iterator<Item = u8>>>",
            "TcpStream",
            "Box<dyn Error>",
        ] {
            assert_eq!(guard_of(ty), None, "{ty}");
        }
    }
}
